--- The page around the parts: head, policy, navigation, the set of pictures.
-- @module wolfssl.trace.render.html.page
local base64 = require "wolfssl.base64"
local crypto = require "wolfssl.trace.crypto"
local h = require "wolfssl.trace.render.html.element"
local piece = require "wolfssl.trace.render.html.piece"
local script = require "wolfssl.trace.render.html.script"
local style = require "wolfssl.trace.render.html.style"

local M = {}

local function source(text)
  return ("'sha256-%s'"):format(base64.encode(crypto.digest("sha256", text)))
end

-- Nothing is loaded, and only our own style and script apply, even if markup should ever get in.
local function policy()
  return ("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'; "
    .. "require-trusted-types-for 'script'"):format(source(style), source(script))
end

local PICTURES = {
  lock = "M7 11V8a5 5 0 0 1 10 0v3h1v9H6v-9zm2 0h6V8a3 3 0 0 0-6 0z",
  open = "M7 11V8a5 5 0 0 1 9.6-2l-1.8.8A3 3 0 0 0 9 8v3h9v9H6v-9z",
  warning = "M12 3 1.8 20.5h20.4zm-1 6.5h2v6h-2zm0 7.3h2v2h-2z",
  eye = "M12 5C6.5 5 2.7 9.3 1.5 12c1.2 2.7 5 7 10.5 7s9.3-4.3 10.5-7C21.3 9.3 17.5 5 12 5zm0 11.5a"
    .. "4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9zm0-2a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
}

local function pictures()
  local names, symbols = {}, {}
  for name in pairs(PICTURES) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    symbols[i] = h.symbol({ id = "i-" .. name, viewBox = "0 0 24 24" },
      h.path { d = PICTURES[name], ["fill-rule"] = "evenodd" })
  end
  return h.svg({ class = "spoken", ["aria-hidden"] = "true" }, symbols)
end

local function bar(sections)
  local links = {}
  for i, section in ipairs(sections) do
    links[i] = h.li(h.a({ href = "#" .. section[1] }, section[2]))
  end
  return h.div({ class = "bar" },
    h.nav({ ["aria-label"] = "Sections" }, h.ul({}, links)),
    h.button({ type = "button", role = "switch", ["aria-checked"] = "false", id = "outside" },
      piece.icon "eye", h.span "What the eavesdropper sees"))
end

local function head(title)
  return h.head(h.meta { charset = "utf-8" },
    h.meta { ["http-equiv"] = "Content-Security-Policy", content = policy() },
    h.meta { name = "viewport", content = "width=device-width, initial-scale=1" },
    h.meta { name = "color-scheme", content = "light dark" },
    h.meta { name = "referrer", content = "no-referrer" },
    h.title(title), h.style(h.raw(style)))
end

--- The page.
-- @tparam string title
-- @tparam {table,...} sections lists of id and name, for the navigation
-- @tparam table top element: the header
-- @tparam table main element: everything else
-- @treturn string
function M.write(title, sections, top, main)
  return "<!doctype html>\n" .. h.write(h.html({ lang = "en" }, head(title), h.body(
    h.a({ class = "skip", href = "#handshake" }, "To the messages"),
    pictures(), bar(sections), top, h.main({}, main),
    h.footer({ class = "muted" },
      "Written by lua-wolfssl. This page loads nothing and sends nothing."),
    h.script(h.raw(script))))) .. "\n"
end

return M
