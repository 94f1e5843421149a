-- The page in a browser: what it does, by keyboard and by mouse.

local explained = require "trace.render.explained"
local helper = require "helper"
local html = require "wolfssl.trace.render.html"
local webdriver = require "webdriver"

local LIT = [[
  var lit = [];
  document.querySelector(".step.current .hex").querySelectorAll("b").forEach(function (cell, i) {
    if (cell.classList.contains("lit")) lit.push(i);
  });
  return lit.length ? lit[0] + "+" + lit.length : "none";
]]

describe("wolfssl.trace.render.html in a browser", function()
  local missing = webdriver.missing()
  if missing then
    pending("needs package " .. missing)
    return
  end

  local model, page, browser

  local function open(fragment)
    browser:resize(1280, 900)
    browser:show(page, fragment)
  end

  local function current()
    return browser:run [[return document.querySelector(".ladder [aria-current=step]").hash]]
  end

  local function visible()
    return browser:run "return document.body.innerText"
  end

  local function readout()
    return browser:run [[return document.querySelector(".step.current .readout").textContent]]
  end

  setup(function()
    browser = webdriver.start()
    model = explained.everything()
    page = html.render(model)
  end)

  teardown(function()
    browser:stop()
    helper.cleanup()
  end)

  it("opens without a word on the console", function()
    for _, name in ipairs { "tls12-mutual", "tls12-resumed-id", "tls13-mutual", "tls13-retry" } do
      browser:show(html.render(explained.recording(name)))
    end
    open()
    assert.same({}, browser:log())
  end)

  it("stays quiet when peers send markup", function()
    local hostile = explained.map_strings(model, function(text)
      return text .. "</script></title></style>\"'><img src=x onerror=alert(1)><script>1</script>"
    end)
    browser:show(html.render(hostile))
    assert.same({}, browser:log())
    assert.equal(0, browser:run "return document.images.length")
    assert.equal(1, browser:run "return document.scripts.length")
  end)

  it("runs no script but its own", function()
    browser:show((page:gsub("</body>", "<script>document.title = 'changed'</script>%0")))
    assert.is_not.equal("changed", browser:run "return document.title")
    assert.matches("Content Security Policy", browser:log()[1].message)
  end)

  it("goes from message to message with arrows, j and k", function()
    open()
    assert.equal("#step-1", current())
    browser:press("Right", "j", "j", "k", "Left", "Right")
    assert.equal("#step-3", current())
    assert.equal("step-3", browser:run [[
      return Array.from(document.querySelectorAll(".step"))
        .filter(function (step) { return step.offsetHeight > 0; })
        .map(function (step) { return step.id; }).join()]])
  end)

  it("walks the ladder, opens a message, and comes back", function()
    open()
    browser:run [[document.querySelector(".ladder a").focus()]]
    browser:press("Down", "Down", "Up", "End", "Up")
    local at = ("#step-%.0f"):format(#model.steps - 1)
    assert.equal(at, current())
    assert.equal(at, browser:run "return document.activeElement.hash")
    browser:press "Enter"
    assert.equal("H3", browser:run "return document.activeElement.tagName")
    browser:press "Escape"
    assert.equal(at, browser:run "return document.activeElement.hash")
  end)

  it("opens the message that a link names", function()
    open "#step-4"
    assert.equal("#step-4", current())
    browser:run [[location.hash = "#step-2"]]
    assert.equal("#step-2", current())
  end)

  it("lights the bytes of a field, one after the other", function()
    open()
    browser:run [[document.querySelector(".step.current .fields th[tabindex='0']").focus()]]
    for i = 1, #model.steps[1].fields do
      local field = model.steps[1].fields[i]
      local expected = field.length == 0 and "none"
        or ("%.0f+%.0f"):format(field.offset, field.length)
      assert.equal(expected, browser:run(LIT))
      browser:press "Down"
    end
  end)

  it("finds the field of a byte that is pointed at", function()
    open()
    browser:point ".step.current .hex .row:nth-child(1) .half:nth-child(3) b:nth-child(1)"
    assert.equal("random", browser:run [[
      return document.querySelector(".step.current .fields tr.lit th").textContent]])
    assert.matches("^Byte 8: random = %x+$", readout())
    assert.equal("6+32", browser:run(LIT))
  end)

  it("goes through the bytes by keyboard", function()
    open()
    browser:run [[document.querySelector(".step.current .hex").focus()]]
    browser:press("Right", "Down", "Down", "Up", "Left", "Right", "Right")
    assert.matches("^Byte 17: random", readout())
    assert.equal("6+32", browser:run(LIT))
    browser:press "Tab"
    assert.is_false(browser:run [[return document.activeElement.classList.contains("hex")]])
  end)

  it("marks the byte that somebody changed", function()
    open "#step-6"
    local wire = model.records[6].wire
    assert.equal(wire:sub(41, 42), browser:run [[
      return document.querySelector(".step.current .changed").textContent]])
    assert.equal("20", browser:run [[
      return document.querySelector(".step.current .wire .hex").dataset.x]])
  end)

  it("lets the Tab key through from the first to the last", function()
    open()
    local count, seen = 0, {}
    repeat
      browser:press "Tab"
      local at = browser:run [[
        var at = document.activeElement;
        if (at === document.body) return "end";
        return Array.from(document.querySelectorAll("*")).indexOf(at) + " " + at.tagName;
      ]]
      assert(not seen[at], "twice at " .. at)
      seen[at], count = true, count + 1
    until at == "end" or count > 400
    assert.is_true(seen["end"] and count > 30)
  end)

  it("hides what the eavesdropper does not see, and shows the rest", function()
    open()
    local subject = model.chains[1].certificates[1].subject
    local secret = model.schedules[1].rows[1].value
    assert.truthy(visible():find(subject, 1, true) and visible():find(secret, 1, true))
    browser:run [[document.getElementById("outside").focus()]]
    browser:press "Space"
    assert.equal("true", browser:run [[
      return document.getElementById("outside").getAttribute("aria-checked")]])
    assert.truthy(visible():find("What the eavesdropper knows", 1, true))
    for i, step in ipairs(model.steps) do
      browser:run([[location.hash = "#step-" + arguments[0] ]], i)
      local text = visible()
      assert.is_nil(text:find(subject, 1, true))
      assert.is_nil(text:find(secret, 1, true))
      local wire = model.records[step.records[1].number].wire
      local line = wire:sub(1, 32):gsub("..", "%0 "):sub(1, -2)
      local shown = browser:run [[
        return Array.from(document.querySelectorAll(".step.current .hex"))
          .filter(function (pre) { return pre.offsetHeight > 0; })
          .map(function (pre) {
            return Array.from(pre.querySelectorAll("b")).slice(0, 16)
              .map(function (b) { return b.textContent; }).join(" ");
          }).join("\n")]]
      if step.encrypted then
        assert.equal(line, shown, step.title)
        assert.is_nil(text:find(step.why, 1, true))
      else
        assert.truthy(text:find(step.why, 1, true))
      end
    end
    browser:run [[document.getElementById("outside").click()]]
    assert.truthy(visible():find(subject, 1, true))
  end)

  it("shows the inputs of a secret, and what it is used for", function()
    open()
    local related = browser:run [[
      var key = document.querySelector("[id$='-handshake_secret']");
      key.querySelector("a").focus();
      return Array.from(document.querySelectorAll(".key.input, .key.user"))
        .map(function (other) { return other.id.replace("key-1-", ""); }).join(" ");
    ]]
    assert.matches("shared_secret", related)
    assert.matches("client_handshake_traffic_secret", related)
  end)

  it("needs no sideways scrolling on 360 pixels", function()
    open()
    browser:resize(360, 800)
    for i = 1, #model.steps do
      local width = browser:run([[
        location.hash = "#step-" + arguments[0];
        document.querySelectorAll("details").forEach(function (one) { one.open = true; });
        return document.documentElement.scrollWidth;
      ]], i)
      assert.equal(360, width, "step " .. i)
    end
  end)

  it("is dark where people want it dark", function()
    open()
    local ground = "return getComputedStyle(document.body).backgroundColor"
    local light = browser:run(ground)
    browser:devtools("Emulation.setEmulatedMedia",
      { features = { { name = "prefers-color-scheme", value = "dark" } } })
    assert.is_not.equal(light, browser:run(ground))
    browser:devtools("Emulation.setEmulatedMedia",
      { features = { { name = "prefers-color-scheme", value = "light" } } })
  end)

  it("shows every message where there is no script", function()
    open()
    assert.equal(0, browser:run [[
      document.documentElement.classList.remove("live");
      return Array.from(document.querySelectorAll(".step"))
        .filter(function (step) { return step.offsetHeight === 0; }).length]])
  end)
end)
