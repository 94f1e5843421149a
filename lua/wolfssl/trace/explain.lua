--- A handshake explained: what was sent, why, what was checked, and who knows what now.
--
--     local explanation = explain.explain(observer, options)    -- what an observer saw
--     local explanation = explain.recording(recorder, options)  -- what `trace = true` recorded
--     print(text.render(explanation))                           -- wolfssl.trace.render.text
--
-- The explanation is plain data, ready for JSON (`wolfprobe explain --json` prints it), and all
-- that the renderers know. Bytes are hexadecimal, times are seconds since the first step, offsets
-- count from 0. A field that is nil is absent. Texts are plain; nothing in them is markup.
--
--     format          "wolfssl.trace.explanation"; format_version: 1
--     title           "TLS 1.3, full handshake, mutual: demo.example"
--     kind            {version, form, mutual, retry, early_data, key_exchange, outcome, text}
--                     form: "full", "resumed", "psk", "unknown"; outcome: "complete", "failed",
--                     "unfinished"; mutual, retry, early_data: booleans; text: all that in words
--     origin          where the bytes come from, in words
--     facts           list of {name, value, meaning}: what was agreed on
--     parties         list of {id, name, role}; id: "client", "server", "authority", "eavesdropper"
--     stack           list of {name, text}: the layers, the lowest first
--     records         list of {number, from, time, type, version, length, offset, wire, fields,
--                     protected, content_type, content_length, sequence, padding, secret, note}
--                     wire: the whole record as it went over the network; offset: in the bytes of
--                     that direction; content_type: what protection hid; note: why unreadable
--     steps           list of steps
--       number, name, kind, title, from, to, time, section
--                     name: of the message, "client_hello", "alert", "application_data" …;
--                     kind: as in `wolfssl.trace.observer`; title: one line; from, to: "client",
--                     "server"; section: "RFC 8446 section 4.1.2"
--       why           what the message is for
--       encrypted     whether an eavesdropper sees only ciphertext; readable: whether we could read
--       records       list of {number, offset}: the records that carry it, and where it begins in
--                     the content of the first (nil in the others)
--       bytes         the message, decrypted, with its header; nil when it could not be read
--       text          application data and alerts as printable text
--       more          {records, bytes}: application data that followed in the same direction
--       fields        list of {path, name, depth, value, meaning, note, section, offset, length,
--                     prefix, bytes}, in the order of the bytes, an outer field before the inner;
--                     offset, length: in `bytes`; prefix: bytes of length in front, part of it;
--                     value: for people; meaning: what this value means; note: what the field is
--                     for; bytes: where the field has no fields inside
--       suites        ClientHello: list of {name, value, key_exchange, authentication, encryption,
--                     mac, note, chosen}
--       remarks       list of paragraphs on what is special in this one
--       checks        list of {what, ok, detail, by, minor}; ok: true, false, or nil when nobody
--                     could tell (detail says why); by: "client", "server"; minor: where it
--                     fails, the connection is none the less protected
--       learned       {client, server, eavesdropper}: lists of sentences
--       handshake     number of the schedule; secrets: names of its rows that are known from now on
--       problem       why the bytes could not be read
--     chains          list of {from, step, server_name, certificates, checks}; a chain's
--       certificates  list of {subject, issuer, names, not_before, not_after, serial, key,
--                     signature, sha256, ca, sent, anchor, checks, der}, the leaf first;
--                     sent: false for a root that the verifier knew
--     schedules       list, one for each handshake, of {version, hash, rows}; a schedule's
--       rows          list of {name, title, operation, inputs, label, context, length, purpose,
--                     step, known, source, value, offset}; inputs: names of rows or of other
--                     things; context: in words; value only with the option `secrets`;
--                     known: whether we have it; offset: in the key block, for its pieces
--     failure         {step, side, alert, message, code, where, certain, meaning, causes, text};
--                     step: of the alert; where: the step that it answers, or, when that is
--                     not certain, that it comes after
--     tamper          {byte, from, offset, record, step, message, field, before, after, detected,
--                     by, how, text}, if a byte was changed on the way
--     verdict         {lock, text, reasons}; lock: "closed", "warning", "broken", "none";
--                     reasons: list of {ok, text}
-- @module wolfssl.trace.explain
local failure = require "wolfssl.trace.explain.failure"
local kind = require "wolfssl.trace.explain.kind"
local parties = require "wolfssl.trace.explain.parties"
local records = require "wolfssl.trace.explain.records"
local schedule = require "wolfssl.trace.explain.schedule"
local steps = require "wolfssl.trace.explain.steps"
local tamper = require "wolfssl.trace.explain.tamper"
local verdict = require "wolfssl.trace.explain.verdict"

local M = {}

local OPTIONS = {
  secrets = true, sides = true, trust = true, origin = true, tamper = true, now = true,
  server_name = true,
}

local function check(options)
  for name in pairs(options) do
    if not OPTIONS[name] then error("unknown option: " .. tostring(name), 3) end
  end
end

--- Explains what an observer saw.
-- @tparam table observer see `wolfssl.trace.observer`
-- @tparam ?table options
--
-- - `secrets`: true to have the values of secrets and not only their names;
-- - `sides`: `{client =, server =}`, each what that side itself said: `verdict`, `info` (as
--   `connection:verdict()` and `connection:info()` give them), `lines` (key log), `message`, `code`
--   (of its failure);
-- - `trust`: list of certificates (objects or DER) that may end a chain;
-- - `server_name`: whom the client wanted to reach, where that was not sent;
-- - `tamper`: `{byte, size, complete, change}`: which byte was to be changed on the way, how many
--   there were, whether all arrived, and what was done: `{byte, from, offset, before,
--   after}`, the offset being in the bytes of that direction;
-- - `origin`: sentence; `now`: seconds since 1970, for validity.
-- @treturn table explanation, see above
function M.explain(observer, options)
  options = options or {}
  check(options)
  local model = { format = "wolfssl.trace.explanation", format_version = 1,
    origin = options.origin, chains = {} }
  local scene = {
    observer = observer, summary = observer.summary, options = options, model = model,
    sides = options.sides or {}, tls13 = kind.is_tls13(observer),
    server_name = observer.summary.server_name or options.server_name,
  }
  model.records = records.list(scene)
  model.schedules = schedule.list(scene)
  model.steps = steps.list(scene)
  model.kind = kind.of(scene)
  model.title = kind.title(scene)
  model.facts = kind.facts(scene)
  model.parties, model.stack = parties.list(scene), parties.stack(scene)
  model.tamper = options.tamper and tamper.tell(model, options.tamper, scene.sides)
  model.failure = failure.of(scene)
  model.verdict = verdict.of(scene)
  return model
end

--- Explains what a recorder kept, with what the connection itself says.
-- @tparam table recorder see `wolfssl.trace.recorder`
-- @tparam ?table options those of `explain`
-- @treturn table explanation
function M.recording(recorder, options)
  local all = {}
  for name, value in pairs(options or {}) do all[name] = value end
  recorder:refresh()
  all.sides = all.sides or {}
  all.sides[recorder.role] = all.sides[recorder.role] or recorder
  return M.explain(recorder:observe(), all)
end

return M
