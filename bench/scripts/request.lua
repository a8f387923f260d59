-- One script for all loads; what to send comes in environment variables:
--   PATHS    a file with a path a line: sent in turn, from a random start
--   BODIES   a file with names of files, one a line: bodies sent in turn; or
--   TEMPLATE a file with one body, in which @@@@@@ becomes a number that is new each time
--   METHOD   GET if absent;  PREFIX is put before each path;  START is the first number
local function lines(name)
  local found = {}
  local path = os.getenv(name)
  if path then
    for line in io.lines(path) do found[#found + 1] = line end
  end
  return found
end

local function slurp(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local paths, bodies, parts = {}, {}, {}
local turn, number, prefix, method = 0, 0, "", "GET"
local headers = {}

function init(args)
  paths = lines("PATHS")
  prefix = os.getenv("PREFIX") or ""
  method = os.getenv("METHOD") or "GET"
  number = tonumber(os.getenv("START") or "0")
  turn = number
  for _, file in ipairs(lines("BODIES")) do bodies[#bodies + 1] = slurp(file) end
  local template = os.getenv("TEMPLATE")
  if template then
    for part in (slurp(template) .. "@@@@@@"):gmatch("(.-)@@@@@@") do parts[#parts + 1] = part end
  end
  if #bodies > 0 or #parts > 0 then headers["Content-Type"] = "application/json" end
end

function request()
  turn = turn + 1
  local body
  if #bodies > 0 then
    body = bodies[turn % #bodies + 1]
  elseif #parts > 0 then
    number = number + 1
    body = table.concat(parts, tostring(number))
  end
  return wrk.format(method, prefix .. paths[turn % #paths + 1], headers, body)
end

-- The percentiles as wrk measured them, in microseconds, in one line that is easy to read.
function done(summary, latency)
  local wrong = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"duration_us":%d,"p50_us":%d,"p90_us":%d,"p99_us":%d,"max_us":%d,' ..
    '"status_errors":%d,"socket_errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90),
    latency:percentile(99), latency.max, wrong.status,
    wrong.connect + wrong.read + wrong.write + wrong.timeout))
end
