--- A browser for specs: headless Chromium, driven over WebDriver (JSON over HTTP).
-- @see https://www.w3.org/TR/webdriver2/

local helper = require "helper"

local M = {}

--- The Debian package that is not installed, or nil.
function M.missing()
  if not helper.have "chromedriver" then return "chromium-driver" end
  if not helper.have "chromium" then return "chromium" end
end

local ARGUMENTS = {
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-dev-shm-usage",
}

-- U+E000 and after stand for keys without a character (WebDriver section 17.4.2).
local KEYS = {
  Tab = "\238\128\132", Enter = "\238\128\135", Escape = "\238\128\140", Space = " ",
  End = "\238\128\144", Home = "\238\128\145", Left = "\238\128\146", Up = "\238\128\147",
  Right = "\238\128\148", Down = "\238\128\149",
}

local Browser = {}
Browser.__index = Browser

function Browser:call(method, path, body)
  local cjson, http, ltn12 = require "cjson", require "socket.http", require "ltn12"
  local text, answer = body and cjson.encode(body) or "", {}
  local ok, status = http.request {
    url = "http://127.0.0.1:" .. self.port .. path, method = method,
    source = ltn12.source.string(text), sink = ltn12.sink.table(answer),
    headers = { ["Content-Type"] = "application/json", ["Content-Length"] = tostring(#text) },
  }
  assert(ok, status)
  local value = cjson.decode(table.concat(answer)).value
  assert(status == 200, type(value) == "table" and value.message or status)
  return value
end

function Browser:session(method, path, body)
  return self:call(method, "/session/" .. self.id .. path, body)
end

--- A command of the DevTools protocol, for what WebDriver has no word for.
function Browser:devtools(command, parameters)
  return self:session("POST", "/goog/cdp/execute", { cmd = command, params = parameters })
end

--- The size of the page, in CSS pixels, whatever windows can be.
function Browser:resize(width, height)
  self:devtools("Emulation.setDeviceMetricsOverride",
    { width = width, height = height, deviceScaleFactor = 1, mobile = width < 600 })
end

--- Opens a page that is given as text.
function Browser:show(html, fragment)
  local path = helper.write(helper.tempdir() .. "/page.html", html)
  self:session("POST", "/url", { url = "file://" .. path .. (fragment or "") })
end

-- cjson writes an empty table as an object; an argument too many does no harm.
local function arguments_of(...)
  return select("#", ...) > 0 and { ... } or { 0 }
end

--- Runs the body of a function in the page; returns its value.
function Browser:run(script, ...)
  return self:session("POST", "/execute/sync", { script = script, args = arguments_of(...) })
end

--- Presses keys, one after the other: names of `KEYS` or characters.
function Browser:press(...)
  local actions = {}
  for _, name in ipairs { ... } do
    local key = KEYS[name] or name
    actions[#actions + 1] = { type = "keyDown", value = key }
    actions[#actions + 1] = { type = "keyUp", value = key }
  end
  self:session("POST", "/actions",
    { actions = { { type = "key", id = "keyboard", actions = actions } } })
end

--- Moves the mouse over the first element that a selector finds.
function Browser:point(selector)
  local place = self:run([[
    var found = document.querySelector(arguments[0]);
    found.scrollIntoView({ block: "center" });
    var box = found.getBoundingClientRect();
    return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)];
  ]], selector)
  self:session("POST", "/actions", { actions = { { type = "pointer", id = "mouse", actions = {
    { type = "pointerMove", x = place[1], y = place[2], duration = 0 } } } } })
end

--- What the page has written to the console since the last call, errors of the policy among it.
function Browser:log()
  return self:session("POST", "/se/log", { type = "browser" })
end

function Browser:stop()
  pcall(self.session, self, "DELETE", "")
  self.driver:stop()
end

--- Starts it.
-- @treturn Browser
function M.start()
  local driver = helper.spawn("exec chromedriver --port=0", nil, 600)   -- all of a spec needs it
  local self = setmetatable({ driver = driver }, Browser)
  self.port = driver:wait_for "started successfully on port (%d+)"
  self.id = self:call("POST", "/session", { capabilities = { alwaysMatch = {
    browserName = "chrome", ["goog:loggingPrefs"] = { browser = "ALL" },
    ["goog:chromeOptions"] = { args = ARGUMENTS },
  } } }).sessionId
  -- Else a page has no focus any more once the Tab key has left it for the window around it.
  self:devtools("Emulation.setFocusEmulationEnabled", { enabled = true })
  return self
end

return M
