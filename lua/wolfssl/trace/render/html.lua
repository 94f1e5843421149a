--- An explanation as one self-contained page: no network, light and dark, for mouse, keyboard and
-- screen reader. Without JavaScript it is a document to read from top to bottom; the script shows
-- one message at a time, lights the bytes of a field and the field of a byte, and hides what is
-- encrypted. What peers said is text everywhere (`wolfssl.trace.render.html.element`).
--
--     file:write(html.render(explanation))
-- @module wolfssl.trace.render.html
local chains = require "wolfssl.trace.render.html.chains"
local h = require "wolfssl.trace.render.html.element"
local keys = require "wolfssl.trace.render.html.keys"
local ladder = require "wolfssl.trace.render.html.ladder"
local page = require "wolfssl.trace.render.html.page"
local step = require "wolfssl.trace.render.html.step"
local summary = require "wolfssl.trace.render.html.summary"

local M = {}

local function panels(model)
  local shown, list = { records = {}, notes = {} }, {}
  for i, item in ipairs(model.steps) do list[i] = step.view(model, item, shown) end
  return h.div({ class = "panels" },
    h.div({ class = "pager" },
      h.button({ type = "button", id = "previous" }, "← Previous"),
      h.span({ id = "place", class = "muted" }),
      h.button({ type = "button", id = "next" }, "Next →"),
      h.a({ class = "up", href = "#ladder" }, "All messages")), list)
end

local function handshake(model)
  return h.section({ id = "handshake", ["aria-labelledby"] = "handshake-title" },
    h.h2({ id = "handshake-title" }, "The handshake"),
    h.p({ class = "hint muted" }, "Choose a message, or go on with the arrow keys or ", h.kbd "j",
      " and ", h.kbd "k", ". Point at a field to see its bytes, and at a byte to see its field."),
    h.div({ class = "two" }, ladder.view(model), panels(model)))
end

--- Renders an explanation.
-- @tparam table explanation see `wolfssl.trace.explain`
-- @treturn string HTML, UTF-8
function M.render(explanation)
  local key_section, chain_section = keys.view(explanation), chains.view(explanation)
  local sections = { { "top", "Verdict" }, { "parties", "Parties" }, { "handshake", "Handshake" } }
  if key_section then sections[#sections + 1] = { "keys", "Keys" } end
  if chain_section then sections[#sections + 1] = { "certificates", "Certificates" } end
  return page.write(explanation.title or "TLS handshake", sections, summary.view(explanation),
    h.group(summary.parties(explanation), handshake(explanation), key_section, chain_section))
end

return M
