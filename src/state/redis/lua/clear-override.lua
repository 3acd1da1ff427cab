-- Takes an override away, if there is one that has not expired, and says so in the stream of changes. Once for each write id.
-- All reads come first: see commit.lua.
--
-- KEYS  1 state  2 overrides  3 changes  4 done
-- ARGV  1 target  2 write id  3 now  4 how many changes stay  5 seconds for which the write id is remembered
-- Gives {1, version} when it is gone, {0, 0} when there was none.
local done = redis.call('GET', KEYS[4])
if done then return { 1, tonumber(done) } end

local value = redis.call('HGET', KEYS[2], ARGV[1])
local expiresAt = value and tonumber(string.match(value, '^(%S+) '))
if not value or (expiresAt and expiresAt <= tonumber(ARGV[3])) then return { 0, 0 } end

local state = redis.call('HMGET', KEYS[1], 'overrides', 'change')
local version = string.format('%.0f', tonumber(state[1] or '0') + 1)
local change = string.format('%.0f', tonumber(state[2] or '0') + 1)
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], change .. '-0', 'kind', 'overrides', 'number', version, 'id', ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[1], 'overrides', version, 'overridesId', ARGV[2], 'change', change)
redis.call('SET', KEYS[4], version, 'EX', ARGV[5])
return { 1, tonumber(version) }
