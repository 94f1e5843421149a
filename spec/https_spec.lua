-- What goes over the wire, and what comes of it: both ends in memory.

local https = require "wolfssl.https"
local pki = require "pki"
local scripted = require "https.scripted"

local ask, says, world = scripted.ask, scripted.says, scripted.world
local unpack = unpack or table.unpack -- luacheck: ignore
local EMPTY = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

local function pieces(...)
  local list, i = { ... }, 0
  return function()
    i = i + 1
    return list[i]
  end
end

local function chunked(...)
  local text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
  for _, piece in ipairs { ... } do text = text .. ("%x\r\n%s\r\n"):format(#piece, piece) end
  return text .. "0\r\n\r\n"
end

describe("wolfssl.https", function()
  it("asks with the fields that a request needs", function()
    local result = ask(EMPTY, { url = "https://localhost/a b?c=\195\164#here" })
    assert.same({ 1, 200, "HTTP/1.1 200 OK" }, { result.ok, result.status, result.line })
    assert.equal("GET /a%20b?c=%C3%A4 HTTP/1.1\nHost: localhost\nAccept-Encoding: identity\n"
      .. "User-Agent: lua-wolfssl/" .. require "wolfssl".version.module, result.log[1].head)
  end)

  it("returns the body where it is given the URL alone", function()
    local result = ask(chunked("some", "thing"), { simple = true })
    assert.same({ "something", 200 }, { result.body, result.status })
  end)

  it("offers http/1.1 by ALPN, and speaks nothing else", function()
    local server = pki.server({ alpn = { "h2" } }, "secp256r1")
    local context = pki.client { alpn = { "h2" } }
    local w, result = world(says(EMPTY), { server = server }), nil
    w.run(function() result = { w.get { context = context } } end)
    assert.same({ nil, "peer_incompatible" }, { result[1], result[3] })
    w = world(function(stream, log)
      assert(stream:handshake())
      log[1] = stream:info().alpn
      says(EMPTY)(stream, log)
    end)
    w.run(function() result = { w.get { trust = pki.root } } end)
    assert.equal("http/1.1", w.log[1])
    assert.equal(200, result[2])
  end)

  it("authorizes whom the URL names", function()
    local result = ask(EMPTY, { url = "https://Aladdin:open%20sesame@localhost/" })
    assert.truthy(result.log[1].head:find("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 1,
      true))
  end)

  it("sends header fields as given, and none that would break out of its line", function()
    local result = ask(EMPTY, {
      headers = { Accept = "text/x", ["x-n"] = 5, ["USER-AGENT"] = "me" },
    })
    assert.truthy(result.log[1].head:find("\nAccept: text/x\n.*User%-Agent: me\nX%-N: 5$"))
    for _, headers in ipairs { { a = "b\r\nc: d" }, { ["a b"] = "c" }, { ["a\r\nb"] = "c" },
      { a = {} } } do
      assert.has_error(function()
        https.request { url = "https://localhost/", headers = headers }
      end)
    end
    for _, url in ipairs { "https://localhost/\r\nX: y", "https:///", "https://a:99999/",
      "ftp://localhost/", "localhost", "https://a b/", "http://localhost/", "https://a:b/" } do
      local ok, message, code = https.request(url)
      assert.is_nil(ok)
      assert.is_string(message)
      assert.equal("decode_error", code)
    end
  end)

  it("tells the caller's mistakes", function()
    for _, options in ipairs {
      { method = "GET IT" }, { method = "CONNECT" }, { sink = {} }, { trsut = 1 },
      { body = "a", source = print }, { headers = { ["content-length"] = "5" } }, { proxy = "x" },
      { headers = { ["transfer-encoding"] = "gzip" } }, { transport = {} },
      { context = pki.client(), trust = pki.root },
    } do
      options.url = "https://localhost/"
      assert.has_error(function() https.request(options) end)
    end
    assert.has_error(function() https.request() end)
    assert.has_error(function() https.request("https://localhost/", {}) end)
  end)

  it("posts a string", function()
    local result = ask(EMPTY, { body = "a=b" })
    assert.truthy(result.log[1].head:find "^POST / .*\nContent%-Length: 3\n")
    assert.equal("a=b", result.log[1].body)
  end)

  it("sends a source in chunks, or in the length that is announced", function()
    local heard
    local function serve(stream)
      local head = scripted.request(stream)
      heard = head .. "\n"
      if head:find "chunked" then
        repeat
          local line = stream:receive "*l"
          heard = heard .. line .. "|"
        until line == "0"
      end
      stream:write(EMPTY)
      stream:close()
    end
    ask(serve, { method = "PUT", source = pieces("hello", "", (" "):rep(17)) })
    assert.truthy(heard:find("5|hello|11|" .. (" "):rep(17) .. "|0|", 1, true), heard)
    local result = ask(EMPTY, { source = pieces("he", "llo"), method = "PUT",
      headers = { ["Content-Length"] = 5 } })
    assert.equal("hello", result.log[1].body)
    for _, length in ipairs { 4, 6 } do
      result = ask(EMPTY, { source = pieces("he", "llo"), method = "PUT",
        headers = { ["Content-Length"] = length } })
      assert.same({ nil, "rejected" }, { result.ok, result.code })
    end
  end)

  it("says what a source or a sink says", function()
    local result = ask(EMPTY, { method = "PUT", source = function() return nil, "no paper" end })
    assert.same({ nil, "no paper", "rejected" }, { result.ok, result.message, result.code })
    result = ask(chunked("a", "b"), { sink = function() return nil, "disk full" end })
    assert.same({ nil, "disk full", "rejected" }, { result.ok, result.message, result.code })
  end)

  it("hears who refuses a body before it has come", function()
    local result = ask(function(stream)
      local lines = 0
      repeat lines = lines + 1 until stream:receive "*l" == ""
      stream:write "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
      stream:close()
    end, { method = "PUT", source = function() return ("x"):rep(60000) end })
    assert.same({ 1, 413, "no" }, { result.ok, result.status, result.body })
  end)

  it("reads bodies that end by chunk, by length and by close_notify, cut anywhere", function()
    local texts = {
      chunked("hello, ", "world"), "HTTP/1.1 200 OK\r\ncontent-length:12\r\n\r\nhello, world",
      "HTTP/1.0 200\r\n\r\nhello, world", "HTTP/1.1 103 Hint\r\nA: b\r\n\r\n"
        .. "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n00C ;x=y\r\nhello, world\r\n"
        .. "000\r\nTrailer: x\r\n\r\n",
    }
    for _, text in ipairs(texts) do
      for _, size in ipairs { 1, 7, #text } do
        local result = ask(function(stream)
          scripted.request(stream)
          for i = 1, #text, size do
            stream:write(text:sub(i, i + size - 1))
            coroutine.yield()
          end
          stream:close()
        end)
        assert.equal(1, result.ok, result.message)
        assert.equal("hello, world", result.body)
      end
    end
  end)

  it("gives header fields small names, and joins what comes twice or is folded", function()
    local result = ask("HTTP/1.1 200 OK\r\nA: 1\r\na:\t2 \r\nB: x\r\n  y\r\n"
      .. "Content-Length: 0\r\n\r\n")
    assert.same({ a = "1, 2", b = "x y", ["content-length"] = "0" }, result.headers)
  end)

  it("expects no body for HEAD, 204 and 304", function()
    local text = "HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n"
    for status, method in pairs { [200] = "HEAD", [204] = "GET", [304] = "GET" } do
      local result = ask(text:format(status), { method = method })
      assert.same({ 1, status, "" }, { result.ok, result.status, result.body })
    end
  end)

  describe("keeps connections", function()
    local function requests(texts, count, options)
      local w, results = world(says(unpack(texts))), {}
      w.run(function()
        for i = 1, count do results[i] = { w.get(options) } end
        https.close_idle(w.context)
      end)
      return w, results
    end

    it("for the next request to the same place", function()
      local w, results = requests({ EMPTY, chunked "a", EMPTY }, 3)
      assert.equal(1, #w.hosts)
      assert.equal("a", results[2][5])
      assert.equal(200, results[3][2])
    end)

    it("but not where either side ends them, nor without a length", function()
      for _, text in ipairs {
        "HTTP/1.1 200 OK\r\nConnection: Foo, Close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      } do
        assert.equal(2, #requests({ text, text }, 2).hosts)
      end
      assert.equal(2, #requests({ "HTTP/1.1 200 OK\r\n\r\nx" }, 2).hosts)
      assert.equal(2, #requests({ EMPTY, EMPTY }, 2, { headers = { connection = "close" } }).hosts)
      assert.equal(1, #requests({ "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
        .. "Content-Length: 0\r\n\r\n", EMPTY }, 2).hosts)
    end)

    it("and takes another when the server has closed it", function()
      local w, results = requests({ EMPTY }, 3)
      assert.equal(3, #w.hosts)
      assert.equal(200, results[3][2])
    end)

    -- Closes when the second request has come.
    local function forgetful(stream, log)
      log[#log + 1] = scripted.request(stream)
      stream:write(EMPTY)
      log[#log + 1] = scripted.request(stream)
      stream:close()
    end

    it("and asks again, what can be asked twice, when it closes at that moment", function()
      for method, count in pairs { GET = 4, PUT = 4, POST = 2 } do
        local w, second = world(forgetful), nil
        w.run(function()
          w.get()
          second = { w.get { method = method, body = method ~= "GET" and "x" or nil } }
          https.close_idle(w.context)
        end)
        assert.equal(method == "POST" and "truncated" or 200, second[method == "POST" and 3 or 2])
        assert.equal(method == "POST" and 1 or 2, #w.hosts)
        assert.is_true(#w.log <= count)
      end
    end)

    it("and gives none of what came unasked to a later request", function()
      local w, results = world(function(stream, log)
        scripted.request(stream)
        stream:write(EMPTY)
        for _ = 1, 20 do coroutine.yield() end
        stream:write "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        log.said = true
        stream:close()
      end), {}
      w.run(function()
        results[1] = { w.get() }
        while not w.log.said do coroutine.yield() end
        results[2] = { w.get() }
      end)
      assert.same({ "", "" }, { results[1][5], results[2][5] })
      assert.equal(2, #w.hosts)
    end)
  end)

  describe("follows redirects", function()
    local function redirected(status, location, options, last)
      local w, result = world(function(stream, log, host)
        local head, body = scripted.request(stream)
        log[#log + 1] = { head = head, body = body, host = host }
        stream:write(#log == 1 and ("HTTP/1.1 %d X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n")
          :format(status, location) or last or EMPTY)
        stream:close()
      end), {}
      w.run(function() result = { w.get(options) } end)
      return result, w
    end

    it("by a method that fits the status", function()
      local cases = {
        { 301, "POST", "GET" }, { 302, "POST", "GET" }, { 303, "POST", "GET" },
        { 307, "POST", "POST" }, { 308, "POST", "POST" }, { 303, "PUT", "GET" },
        { 301, "PUT", "PUT" }, { 303, "HEAD", "HEAD" }, { 302, "DELETE", "DELETE" },
      }
      for _, case in ipairs(cases) do
        local body = case[2]:find "^P" and "x=y" or nil
        local _, w = redirected(case[1], "/there", { method = case[2], body = body,
          headers = body and { ["Content-Type"] = "text/x" } })
        local request = w.log[2]
        assert.equal(case[3], request.head:match "^%u+", case[1] .. case[2])
        assert.equal(case[3] == "GET" and "" or body or "", request.body)
        assert.equal(case[3] ~= "GET" and body ~= nil, request.head:find "Content%-Type" ~= nil)
      end
    end)

    it("to what the reference means", function()
      local result, w = redirected(302, "../x?y#z", { url = "https://localhost/a/b/c?d" })
      assert.equal("GET /a/x?y HTTP/1.1", w.log[2].head:match "^[^\n]+")
      assert.equal("https://localhost/a/x?y", result[3].location)
    end)

    it("without what was for the first server only", function()
      local headers = { Authorization = "secret", Cookie = "c", Host = "other", ["X-Y"] = "z" }
      for location, kept in pairs { ["/there"] = true, ["https://localhost:443/"] = true,
        ["https://127.0.0.1/"] = false, ["https://localhost:444/"] = false } do
        local _, w = redirected(302, location, { headers = headers })
        local head = w.log[2].head
        for _, name in ipairs { "Authorization", "Cookie", "Host: other" } do
          assert.equal(kept, head:find(name, 1, true) ~= nil, location .. name)
        end
        assert.truthy(head:find("X-Y: z", 1, true))
      end
      local _, w = redirected(302, "https://127.0.0.1/", { url = "https://me:pass@localhost/" })
      assert.truthy(w.log[1].head:find "Authorization")
      assert.is_nil(w.log[2].head:find "Authorization")
    end)

    it("but not to http, nor to anything else", function()
      for _, location in ipairs {
        "http://localhost/", "HTTP://localhost/", "//", "ftp://localhost/", "javascript:1",
        "https://local host/", "file:///etc/passwd",
      } do
        local result, w = redirected(302, location)
        assert.is_nil(result[1])
        assert.truthy(result[2]:find "^redirect: ", result[2])
        assert.equal(1, #w.hosts, location)
      end
    end)

    it("up to five of them, or as many as allowed", function()
      local again = "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
      for most, expected in pairs { [0] = 1, [2] = 3, [5] = 6 } do
        local result = ask(says(again, again, again, again, again, again, again),
          { maxredirects = most ~= 5 and most or nil })
        assert.same({ nil, "more than " .. most .. " redirects" }, { result.ok, result.message })
        assert.equal(expected, #result.log)
      end
    end)

    it("whose body is cut or endless, on another connection", function()
      for i, rest in ipairs { "Content-Length: 5\r\n\r\nhe", "\r\n" .. ("x"):rep(100000) } do
        local w, result = world(function(stream, log)
          log[#log + 1] = scripted.request(stream)
          stream:write(#log == 1 and "HTTP/1.1 302 X\r\nLocation: /there\r\n" .. rest or EMPTY)
          if i == 1 then stream.transport:close() else stream:close() end
        end), nil
        w.run(function() result = { w.get() } end)
        assert.same({ 200, 2 }, { result[2], #w.hosts })
      end
    end)

    it("unless told not to, or where a source would have to start again", function()
      local result, w = redirected(302, "/there", { redirect = false })
      assert.same({ 302, "/there", 1 }, { result[2], result[3].location, #w.log })
      result, w = redirected(307, "/there", { method = "PUT", source = pieces "x",
        headers = { ["content-length"] = "1" } })
      assert.same({ 307, 1 }, { result[2], #w.log })
      result = redirected(304, "/there")
      assert.equal(304, result[2])
    end)

    it("and shows the body of the last only", function()
      local w, result = world(says(
        "HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 5\r\n\r\nfirst",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast")), nil
      w.run(function() result = { w.get() } end)
      assert.equal("last", result[5])
    end)
  end)

  it("asks without TLS only where that is allowed", function()
    local w, result = world(function(transport, log)
      log[1] = assert(transport:read(4096))
      transport:write(EMPTY)
      transport:close()
    end, { raw = true }), nil
    w.run(function() result = { w.get { url = "http://localhost/", insecure_http = true } } end)
    assert.equal(200, result[2])
    assert.truthy(w.log[1]:find "^GET / HTTP/1.1\r\n")
    assert.same({ "localhost:80" }, w.hosts)
  end)

  describe("by a proxy", function()
    -- Answers CONNECT with a text, and is the server, too.
    local function proxied(answer, options)
      local w, result = world(function(transport, log)
        local text = ""
        repeat text = text .. assert(transport:read(4096)) until text:find "\r\n\r\n"
        log[1] = text
        transport:write(answer)
        if answer:find "^HTTP/1.1 200" then
          local greet = says "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
          greet(scripted.server:wrap(transport), log)
        end
        transport:close()
      end, { raw = true }), nil
      local all = { proxy = "http://proxy:3128" }
      for name, value in pairs(options or {}) do all[name] = value end
      w.run(function() result = { w.get(all) } end)
      return w, result
    end

    it("says whom it wants, and speaks TLS with that one", function()
      local w, result = proxied("HTTP/1.1 200 Here you are\r\nX: y\r\n\r\n",
        { proxy = "http://me:secret@proxy:3128" })
      assert.same({ "proxy:3128" }, w.hosts)
      assert.equal("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n"
        .. "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n", w.log[1])
      assert.equal("hi", result[5], result[2])
      assert.is_nil(w.log[2].head:find "Proxy")
    end)

    it("hears that it will not", function()
      local _, result = proxied "HTTP/1.1 407 Proxy Authentication Required\r\nX: y\r\n\r\nplease"
      assert.same({ nil, "proxy http://proxy:3128/: HTTP/1.1 407 Proxy Authentication Required",
        "network_error" }, { result[1], result[2], result[3] })
    end)

    it("takes nothing that is said behind its go-ahead", function()
      local _, result = proxied "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
      assert.same({ nil, "peer_misbehaved" }, { result[1], result[3] })
    end)

    it("keeps apart the connections of those that are different people to it", function()
      local contexts = { pki.client(), pki.client() }
      local function serve(transport, log)
        local text = ""
        repeat text = text .. assert(transport:read(4096)) until text:find "\r\n\r\n"
        transport:write "HTTP/1.1 200 OK\r\n\r\n"
        says(EMPTY, EMPTY)(scripted.server:wrap(transport), log)
      end
      local w = world(serve, { raw = true })
      w.run(function()
        for _, i in ipairs { 1, 2, 1, 2 } do
          assert.equal(200, select(2, w.get { proxy = "http://proxy:3128",
            proxy_context = contexts[i] }))
        end
        https.close_idle(w.context)
      end)
      assert.equal(2, #w.hosts)
    end)

    it("does not believe that it is the server", function()
      local _, result = proxied("HTTP/1.1 200 OK\r\n\r\n", { url = "https://other.example/" })
      assert.same({ nil, "certificate_invalid" }, { result[1], result[3] })
    end)
  end)

  it("waits no longer than it may, whoever is silent", function()
    for name, serve in pairs {
      handshake = function(stream) stream.transport:read(1) end,
      head = function(stream) scripted.request(stream) end,
      body = says "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    } do
      local result = ask(function(stream, log)
        local close = stream.close
        stream.close = function() return true end
        serve(stream, log)
        for _ = 1, 1e6 do
          if stream.transport.outward.deaf then break end
          coroutine.yield()
        end
        close(stream)
      end, { timeout = 0.1 })
      assert.same({ nil, "timeout" }, { result.ok, result.code }, name)
    end
  end)
end)
