-- Adds a revision on top of the one that must be the newest, and says so in the stream of changes. Once for each write id.
-- All reads come first, so that a key of a wrong type or a full memory refuses the whole of it and never half.
--
-- KEYS  1 state  2 revisions  3 history  4 changes  5 done
-- ARGV  1 base  2 write id  3 text  4 entry of the history  5 how many revisions stay  6 how many changes stay
--       7 seconds for which the write id is remembered  8 epoch, for the first write of all  9 schema
-- Gives {1, number} when it is written, {0, newest} when the newest is not the base.
local done = redis.call('GET', KEYS[5])
if done then return { 1, tonumber(done) } end

local state = redis.call('HMGET', KEYS[1], 'epoch', 'revision', 'oldest', 'change')
local newest = tonumber(state[2] or '0')
if tonumber(ARGV[1]) ~= newest then return { 0, newest } end
redis.call('HLEN', KEYS[2])
redis.call('HLEN', KEYS[3])

local number = string.format('%.0f', newest + 1)
local change = string.format('%.0f', tonumber(state[4] or '0') + 1)
-- First of the writes, since it alone can still fail.
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], change .. '-0', 'kind', 'revision', 'number', number, 'id', ARGV[2])
redis.call('HSET', KEYS[2], number, ARGV[3])
redis.call('HSET', KEYS[3], number, ARGV[4])

local oldest = tonumber(state[3] or '1')
-- Bounded, should somebody have taken "oldest" away: the next commits delete the rest.
local last = math.min(newest + 1 - tonumber(ARGV[5]), oldest + 1999)
while oldest <= last do
  local old = string.format('%.0f', oldest)
  redis.call('HDEL', KEYS[2], old)
  redis.call('HDEL', KEYS[3], old)
  oldest = oldest + 1
end

redis.call('HSET', KEYS[1], 'schema', ARGV[9], 'epoch', state[1] or ARGV[8], 'revision', number, 'revisionId', ARGV[2],
  'oldest', string.format('%.0f', oldest), 'change', change)
redis.call('SET', KEYS[5], number, 'EX', ARGV[7])
return { 1, newest + 1 }
