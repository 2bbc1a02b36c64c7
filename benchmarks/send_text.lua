-- POST send-text-message with a new uuid each time, over the conversations in CONVERSATIONS.
local token = os.getenv("TOKEN")
local base = os.getenv("BASE_PATH")
local paths = {}
for id in os.getenv("CONVERSATIONS"):gmatch("%S+") do
  paths[#paths + 1] = base .. "/conversation/" .. id .. "/send-text-message"
end
local headers = { ["Authorization"] = token, ["Content-Type"] = "application/json" }
local random = math.random
math.randomseed(tonumber(os.getenv("RUN")))
-- A run has its own prefix, so that no two runs against one server send the same uuid.
local prefix = string.format("%08x-%04x-4", tonumber(os.getenv("RUN")), random(0, 0xffff))
local sent = 0

function request()
  sent = sent + 1
  local uuid = string.format("%s%03x-8%03x-%06x%06x", prefix, random(0, 0xfff), random(0, 0xfff), random(0, 0xffffff), sent)
  return wrk.format("POST", paths[sent % #paths + 1], headers, '{"uuid":"' .. uuid .. '","text":"Hello, how may I help you?"}')
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"max":%d,"refused":%d,"lost":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
