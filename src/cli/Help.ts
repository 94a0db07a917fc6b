/** What `--help` prints. */
export const text =
  `raftcache: a replicated, strongly consistent cache that any Redis client can use

  raftcache --id n1 --peers n1=host:port,n2=host:port,n3=host:port   run one node
  raftcache --id n4 --join host:port --listen host:port              add one node to a cluster
  raftcache dev                                                      run a cluster to try out
  raftcache sim                                                      look for failures in simulation
  raftcache demo                                                     a simulated cluster, in words
  raftcache wal inspect|verify --data FOLDER                         look at a node's log on disk
  raftcache recover --data FOLDER --to FOLDER                        when a majority is lost
  raftcache status                                                   what a node knows
  raftcache members [add|remove|replace ...]                         who belongs to the cluster
  raftcache transfer [id]                                            another node is to lead
  raftcache snapshot                                                 a node is to take a snapshot
  raftcache hash-password                                            for a line of --users

run one node
  --id ID               which of the peers this node is
  --peers LIST          with whom the cluster begins, as id=host:port, this node included; the
                        same on all nodes. Later members are known without being named
  --join HOST:PORT      instead: join a running cluster, by where any member serves Redis clients
  --listen HOST:PORT    with --join: where the others reach this node
  --replaces ID         with --join: the lost member in whose place this node comes
  --redis HOST:PORT     where Redis clients connect            default 127.0.0.1:6379
  --announce HOST:PORT  where clients are told that this node is, if they reach it elsewhere
                        than it listens: behind a port mapping, in a container
  --requirepass-file FILE  its first line is the password of the user "default"
  --users FILE          users, each a line: name, hash (from raftcache hash-password < FILE)
  --protected-mode MODE yes, or no: serve beyond this machine without any password  default yes
  --sentinel-name NAME  how clients of Redis Sentinel call the cluster   default raftcache
  --data FOLDER         this node's own data                   default ./data/<id>
  --election-timeout MS silence of the leader before an election, up to twice that   default 300
  --heartbeat MS        at most a third of the election timeout                      default 50
  --reads MODE          linearizable, lease or stale, where a client says nothing else
                                                               default linearizable
  --max-memory BYTES    what the keys may take, such as 100mb or 1gb; the same on all nodes
                                                               default as much as there is
  --max-memory-policy P which keys go when it is more, as in Redis: allkeys-lru, volatile-ttl, ...
                                                               default noeviction: refuse writes
  --notify-keyspace-events LETTERS  of which changes of keys this node tells its subscribers,
                        as in Redis: KEA for all               default none
  --log-level LEVEL     debug, info, warn, error or off         default info

run a cluster in one process, over real TCP
  --nodes N             1 to 9                                 default 3
  --data FOLDER         the data of all its nodes              default ./data/dev
  --memory              keep nothing on disk
  --log-level LEVEL     default error

ask a running cluster, through any of its nodes (redis-cli: RAFT STATUS, RAFT HELP)
  status                what that node knows
  members [list]        who the members are
  members add ID=HOST:PORT [...]        they vote once they have caught up
  members remove ID [...]
  members replace OLD NEW=HOST:PORT     OLD leaves when NEW has caught up
  transfer [ID]         another member is to lead, ID or whom the leader chooses
  snapshot              that node takes a snapshot of its state now
  --at HOST:PORT        where that node serves Redis clients   default 127.0.0.1:6379
  --user NAME           as whom, if it has users               default default
  --password-file FILE  its first line is that user's password
  --json                the answer as one line of JSON

look for failures in simulation: one cluster's life for each seed, the same for the same seed
  --seed N              one life, and everything that is decided about it
  --seeds A..B          from A to B                            default 1..1000
  --minutes M           from A on until M minutes have passed
  --nodes N             1 to 9                                 default drawn for each seed
  --workers W           threads; 1 runs in the main thread     default one for each core
  --twice               live each life twice: they must not differ
  --shrink              of the first failure write a smaller one, and tell its story
  --trace FILE          draw the first failure, or the only life, as an HTML page
  --replay FILE         the life that --shrink wrote
  --json                a line for each failure, and a summary as the last line

look at a node's log; changes nothing, also works while the node runs
  inspect               whose it is, and what is in it: records, hard states, entries
  verify                read all of it as a node does that starts; exit code 1 if it is not sound
  --data FOLDER         as the node has it
  --from N, --to N      only entries from N, to N
  --lines N             so many records and entries at most    default 200
  --json                one JSON document

make a new cluster of one node from what one stopped survivor has, its members being lost
  --data FOLDER         the survivor's; it is only read
  --to FOLDER           the new cluster's, empty or not there yet
  --listen HOST:PORT    where later members reach the node     default where it was
  --force               those that do not answer are gone for good; without it nothing is done

  -h, --help            this text
  -v, --version         the version

Every flag is also an environment variable: --election-timeout is RAFTCACHE_ELECTION_TIMEOUT.
Passwords may stand there, too, in RAFTCACHE_REQUIREPASS and RAFTCACHE_PASSWORD; never in a flag.
`
