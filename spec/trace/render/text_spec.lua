local explain = require "wolfssl.trace.explain"
local kinds = require "wolfssl.cli.demo.kinds"
local page = require "wolfssl.trace.render.text.page"
local text = require "wolfssl.trace.render.text"

local function rendered(name, options, changes)
  local shown = assert(kinds.show(name))
  local model = explain.explain(shown.observer, { sides = shown.sides, trust = shown.trust,
    server_name = shown.server_name, secrets = true })
  for field, value in pairs(changes or {}) do model[field] = value end
  return text.render(model, options)
end

local function widest(output)
  local most = 0
  for line in output:gmatch("[^\n]+") do
    most = math.max(most, #line:gsub("[\128-\191]", ""))
  end
  return most
end

describe("wolfssl.trace.render.text", function()
  it("keeps to 80 columns, whatever it tells", function()
    for _, name in ipairs(kinds.names()) do
      assert.is_true(widest(rendered(name)) <= 80, name)
    end
  end)

  it("keeps to other widths, too", function()
    assert.is_true(widest(rendered("tls13", { width = 120 })) <= 120)
    assert.is_true(widest(rendered("tls13", { width = 120 })) > 80)
  end)

  it("has everything in the order of the walk-through", function()
    local output, at = rendered("tls12-mutual"), 1
    for _, heading in ipairs { "WHO TAKES PART", "WHERE TLS HAS ITS PLACE", "STEP BY STEP",
      "ClientHello", "CertificateVerify", "ChangeCipherSpec", "WHAT WAS AGREED ON",
      "THE SERVER'S CERTIFICATES", "THE CLIENT'S CERTIFICATES", "THE KEY SCHEDULE",
      "WHAT THE LOCK IN A BROWSER WOULD SHOW" } do
      local found = output:find(heading, at, true)
      assert.is_number(found, heading)
      at = found
    end
  end)

  it("shows plaintext beside ciphertext", function()
    local output = rendered("tls13")
    assert.is_truthy(output:find('says     "GET / HTTP/1.0', 1, true))
    assert.is_truthy(output:find "on wire  17030300")
  end)

  it("tells each note once", function()
    local _, count = rendered("tls13"):gsub("Which handshake message this is", "")
    assert.equal(1, count)
  end)

  it("leaves out fields and keys when it is to be brief", function()
    local brief, full = rendered("tls13", { brief = true }), rendered("tls13")
    assert.is_nil(brief:find "offset  length")
    assert.is_nil(brief:find "THE KEY SCHEDULE")
    assert.is_true(#brief < #full / 2)
  end)

  it("has no colours unless asked for", function()
    assert.is_nil(rendered("tls13"):find "\27")
    assert.is_truthy(rendered("tls13", { color = true }):find "\27%[32m")
  end)

  it("lets nothing that a peer wrote steer the terminal", function()
    local output = rendered("tls13", nil, { title = "a\27[2Jb\194\155c\226\128\174d\155" })
    assert.is_nil(output:find "[%z\1-\9\11-\31\127]")
    assert.is_nil(output:find "\194\155")
    assert.is_truthy(output:find("a?[2Jb", 1, true))
    assert.is_nil(output:find("\226\128\174", 1, true) or output:find("d\155", 1, true))
  end)

  describe("page", function()
    it("breaks between words, and inside of one that is too long", function()
      assert.same({ "aa bb", "cc" }, page.wrap("aa bb cc", 5))
      assert.same({ "aaaaa", "aaa b" }, page.wrap("aaaaaaaa b", 5))
      assert.same({}, page.wrap("", 5))
    end)

    it("counts characters of UTF-8 as one column", function()
      assert.same({ "äöü ä", "ö" }, page.wrap("äöü ä ö", 5))
      assert.same({ "aä", "öü" }, page.wrap("aäöü", 2))
    end)
  end)
end)
