local explained = require "trace.render.explained"
local helper = require "helper"
local html = require "wolfssl.trace.render.html"

local VOID = { meta = true, wbr = true }

-- Start tags as {name, attributes}; raises unless every element is closed in its turn.
local function elements_of(page)
  local list, open = {}, {}
  local text = page:gsub("^<!doctype html>\n", ""):gsub("(<style>).-(</style>)", "%1%2")
    :gsub("(<script>).-(</script>)", "%1%2")
  for slash, name, rest in text:gmatch("<(/?)([^%s>]*)([^>]*)>") do
    if slash == "/" then
      assert(open[#open] == name, ("</%s> closes <%s>"):format(name, tostring(open[#open])))
      open[#open] = nil
    else
      local attributes = {}
      for key, value in rest:gmatch('([%w-]+)="([^"]*)"') do attributes[key] = value end
      for key in rest:gsub('="[^"]*"', ""):gmatch("%S+") do
        attributes[key] = attributes[key] or true
      end
      list[#list + 1] = { name = name, attributes = attributes }
      if not VOID[name] then open[#open + 1] = name end
    end
  end
  assert(#open == 0, "not closed: " .. table.concat(open, " "))
  return list
end

-- "name attribute attribute": what kinds of markup there are.
local function kinds_of(elements)
  local kinds = {}
  for _, element in ipairs(elements) do
    kinds[element.name] = true
    for key in pairs(element.attributes) do kinds[element.name .. " " .. key] = true end
  end
  return kinds
end

local function escape(text)
  return (text:gsub("[&<>\"']", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
    ['"'] = "&quot;", ["'"] = "&#39;" }))
end

local function assert_shown(page, text, what)
  assert(page:find(escape(text), 1, true), ("%s is not on the page: %s"):format(what, text))
end

-- WCAG 2.2, relative luminance.
local function luminance(colour)
  local full = #colour == 4 and colour:gsub("%x", "%0%0") or colour
  local function channel(at)
    local c = tonumber(full:sub(at, at + 1), 16) / 255
    return c <= 0.04045 and c / 12.92 or ((c + 0.055) / 1.055) ^ 2.4
  end
  return 0.2126 * channel(2) + 0.7152 * channel(4) + 0.0722 * channel(6)
end

local function contrast(a, b)
  local light, dark = luminance(a), luminance(b)
  if light < dark then light, dark = dark, light end
  return (light + 0.05) / (dark + 0.05)
end

local function colours(block)
  local found = {}
  for name, value in block:gmatch("%-%-([%w-]+): (#%x+)") do found[name] = value end
  return found
end

local ON = {
  paper = { "ink", "soft", "client", "server", "sealed", "good", "bad", "warn", "focus" },
  card = { "ink", "soft", "client", "server", "sealed", "good", "bad", "warn", "focus" },
  veil = { "ink", "soft", "sealed", "bad" }, lit2 = { "ink", "soft" }, lit = { "lit-ink" },
  ["good-bg"] = { "ink", "soft", "good", "bad", "warn" },
  ["bad-bg"] = { "ink", "soft", "good", "bad", "warn" },
  ["warn-bg"] = { "ink", "soft", "good", "bad", "warn" },
  sealed = { "paper" }, good = { "card" }, bad = { "card" }, warn = { "card" },
}

local function each_field(model, visit)
  for _, step in ipairs(model.steps) do
    for _, field in ipairs(step.fields) do visit(field, step) end
  end
end

local PAYLOADS = {
  '</script><img src=x onerror=alert(1)>', '"><svg onload=alert(1)>', "' onfocus=alert(1) x='",
  "</style><script>alert(1)</script>", "<!--", "]]>", "&lt;b&gt;", "javascript:alert(1)",
}

describe("wolfssl.trace.render.html", function()
  local model, page, elements

  setup(function()
    model = explained.everything()
    page = html.render(model)
    elements = elements_of(page)
  end)

  it("closes every element, and names each one once", function()
    local seen = {}
    for _, element in ipairs(elements) do
      local id = element.attributes.id
      assert.is_nil(id and seen[id], id)
      if id then seen[id] = true end
    end
    assert.is_true(seen["step-1"])
  end)

  it("links only to what is on the page", function()
    local ids, links = {}, 0
    for _, element in ipairs(elements) do ids[element.attributes.id or ""] = true end
    for _, element in ipairs(elements) do
      local target = element.attributes.href
      if target then
        links = links + 1
        assert(target:sub(1, 1) == "#" and ids[target:sub(2)], "leads nowhere: " .. target)
      end
    end
    assert.is_true(links > 50)
  end)

  it("loads nothing", function()
    for _, element in ipairs(elements) do
      assert.is_nil(element.attributes.src)
      assert.is_not.equal("link", element.name)
    end
    local style = page:match("<style>(.-)</style>")
    assert.is_nil(style:find("url(", 1, true) or style:find("@import", 1, true))
  end)

  it("allows its own style and script by their hashes, and nothing else", function()
    local policy = page:match('content="(default[^"]*)" http%-equiv="Content%-Security%-Policy"')
      :gsub("&#39;", "'")
    assert.matches("^default%-src 'none';", policy)
    for _, name in ipairs { "style", "script" } do
      local file = helper.write(helper.tempdir() .. "/" .. name,
        page:match(("<%s>(.-)</%s>"):format(name, name)))
      local hash = helper.run("openssl dgst -sha256 -binary " .. file .. " | base64")
      assert.equal(("'sha256-%s'"):format(hash:gsub("%s", "")),
        policy:match(name .. "%-src ([^;]*)"))
    end
    helper.cleanup()
  end)

  it("says everything without the script", function()
    each_field(model, function(field)
      if field.value then assert_shown(page, field.value, field.path) end
      if field.meaning then assert_shown(page, field.meaning, field.path) end
      if field.note then assert_shown(page, field.note, field.path) end
    end)
    for _, step in ipairs(model.steps) do
      assert_shown(page, step.why, step.name)
      for _, check in ipairs(step.checks) do assert_shown(page, check.what, step.name) end
      for _, text in ipairs(step.remarks or {}) do assert_shown(page, text, step.name) end
    end
    for _, row in ipairs(model.schedules[1].rows) do assert_shown(page, row.purpose, row.name) end
    for _, certificate in ipairs(model.chains[1].certificates) do
      assert_shown(page, certificate.sha256, certificate.subject)
    end
    assert_shown(page, model.verdict.text, "verdict")
    assert_shown(page, model.failure.causes[1], "failure")
    assert_shown(page, model.tamper.how, "tampering")
  end)

  it("shows all bytes of a message, and where each field is", function()
    local hello = model.steps[1]
    local dump = page:match('aria%-label="Bytes of ClientHello"[^>]*>(.-)</pre>')
    local bytes = dump:gsub("%x%x%x%x  ", ""):gsub("%s", "")
    assert.equal(hello.bytes, bytes)
    local last = hello.fields[#hello.fields]
    assert_shown(page:gsub('"', ""), ("data-n=%.0f data-o=%.0f"):format(last.length, last.offset),
      last.path)
  end)

  it("shows the values of secrets only where the explanation has them", function()
    local value = model.schedules[1].rows[1].value
    assert_shown(page, value, "early secret")
    local quiet = html.render(explained.recording("tls13-mutual"))
    assert.is_nil(quiet:find(value, 1, true))
  end)

  it("takes whatever peers say as text", function()
    local clean = kinds_of(elements)
    for _, payload in ipairs(PAYLOADS) do
      local hostile = explained.map_strings(model, function(text) return text .. payload end)
      for kind in pairs(kinds_of(elements_of(html.render(hostile)))) do
        assert(clean[kind], ("%s brought in <%s>"):format(payload, kind))
      end
    end
  end)

  it("writes bytes that are no text, and marks that turn its direction, by number", function()
    local function title_of(title)
      return html.render({ title = title, steps = {}, records = {} }):match("<title>(.-)</title>")
    end
    assert.equal("a[00]b[1B][31m", title_of("a\0b\27[31m"))
    assert.equal("\195\191\195\190[80]", title_of("\255\254\128"))
    assert.equal("\226\130\172[U+202E]moc", title_of("\226\130\172\226\128\174moc"))
    assert.equal("[U+061C][U+2066]", title_of("\216\156\226\129\166"))
  end)

  it("renders what is nearly empty", function()
    local bare = html.render { steps = {}, records = {} }
    assert.matches("TLS handshake", bare)
    elements_of(bare)
  end)

  it("makes equal pages of equal explanations", function()
    assert.equal(html.render(model), html.render(model))
  end)

  it("needs 200 KB at most", function()
    for _, name in ipairs { "tls12-mutual", "tls12-rsa", "tls13-mutual", "tls13-retry" } do
      local size = #html.render(explained.recording(name, { secrets = true }))
      assert(size <= 200000, ("%s needs %.0f bytes"):format(name, size))
    end
  end)

  it("has text that can be read in light and in dark", function()
    local style = page:match("<style>(.-)</style>")
    local light = colours(style:match(":root {(.-)}"))
    local dark = colours(style:match("prefers%-color%-scheme: dark.-:root {(.-)}"))
    for scheme, set in pairs { light = light, dark = dark } do
      for ground, inks in pairs(ON) do
        for _, ink in ipairs(inks) do
          local ratio = contrast(set[ink], set[ground])
          assert(ratio >= 4.5, ("%s: %s on %s has %.2f"):format(scheme, ink, ground, ratio))
        end
      end
    end
  end)
end)
