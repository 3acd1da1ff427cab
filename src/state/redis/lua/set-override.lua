-- Sets an override, in the place of the one with the same target, clears away those that have expired, and says so in the
-- stream of changes. Once for each write id. All reads come first: see commit.lua.
--
-- KEYS  1 state  2 overrides  3 changes  4 done
-- ARGV  1 target  2 write id  3 override as JSON  4 when it expires, or "-"  5 now  6 how many overrides there may be
--       7 how many changes stay  8 seconds for which the write id is remembered  9 epoch, for the first write of all  10 schema
-- A value is "<when it expires> <its place in the order> <JSON>".
-- Gives {1, version} when it is set, {0, how many there are} when there are too many.
local done = redis.call('GET', KEYS[4])
if done then return { 1, tonumber(done) } end

local state = redis.call('HMGET', KEYS[1], 'epoch', 'overrides', 'change')
local all = redis.call('HGETALL', KEYS[2])
local expired, kept = {}, 0
for index = 1, #all, 2 do
  local expiresAt = tonumber(string.match(all[index + 1], '^(%S+) '))
  if expiresAt and expiresAt <= tonumber(ARGV[5]) then
    expired[#expired + 1] = all[index]
  elseif all[index] ~= ARGV[1] then
    kept = kept + 1
  end
end
if kept >= tonumber(ARGV[6]) then return { 0, kept } end

local version = string.format('%.0f', tonumber(state[2] or '0') + 1)
local change = string.format('%.0f', tonumber(state[3] or '0') + 1)
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[7], change .. '-0', 'kind', 'overrides', 'number', version, 'id', ARGV[2])
for _, target in ipairs(expired) do redis.call('HDEL', KEYS[2], target) end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4] .. ' ' .. version .. ' ' .. ARGV[3])
redis.call('HSET', KEYS[1], 'schema', ARGV[10], 'epoch', state[1] or ARGV[9], 'overrides', version, 'overridesId', ARGV[2],
  'change', change)
redis.call('SET', KEYS[4], version, 'EX', ARGV[8])
return { 1, tonumber(version) }
