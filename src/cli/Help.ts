/** What `--help` prints. */
export const text =
  `raftcache: a replicated, strongly consistent cache that any Redis client can use

  raftcache --id n1 --peers n1=host:port,n2=host:port,n3=host:port   run one node
  raftcache dev                                                      run a cluster to try out

run one node
  --id ID               which of the peers this node is
  --peers LIST          every member as id=host:port, this node included; the same on all nodes
  --redis HOST:PORT     where Redis clients connect            default 127.0.0.1:6379
  --data FOLDER         this node's own data                   default ./data/<id>
  --election-timeout MS silence of the leader before an election, up to twice that   default 300
  --heartbeat MS        at most a third of the election timeout                      default 50
  --log-level LEVEL     debug, info, warn, error or off         default info

run a cluster in one process, over real TCP
  --nodes N             1 to 9                                 default 3
  --data FOLDER         the data of all its nodes              default ./data/dev
  --memory              keep nothing on disk
  --log-level LEVEL     default error

  -h, --help            this text
  -v, --version         the version

Every flag is also an environment variable: --election-timeout is RAFTCACHE_ELECTION_TIMEOUT.
`
