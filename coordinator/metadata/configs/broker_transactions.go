package configs

// transactionKeys are producers' state and transactions.
var transactionKeys = []*Key{
	{
		Name: "add.partitions.to.txn.retry.backoff.max.ms", Type: Int, Default: is("100"), allowed: atLeast(0), ReadOnly: true,
		Doc: "The longest that a broker goes on retrying to verify with the coordinator that a partition is part of a " +
			"transaction.",
		Effect: noTransactions,
	},
	{
		Name: "add.partitions.to.txn.retry.backoff.ms", Type: Int, Default: is("20"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The pause between two tries to verify a partition with the transaction coordinator.",
		Effect: noTransactions,
	},
	{
		Name: "producer.id.expiration.ms", Type: Int, Default: is("86400000"), allowed: atLeast(1),
		Doc: "How long a partition remembers an idempotent producer that has gone quiet. After that, its next batch is taken " +
			"as its first.",
		Effect: fromStart,
	},
	{
		Name: "transaction.abort.timed.out.transaction.cleanup.interval.ms", Type: Int, Default: is("10000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How often transactions that outlived their timeout are looked for and aborted.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.max.timeout.ms", Type: Int, Default: is("900000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "The longest timeout that a producer may ask for its transactions. A long one can hold read_committed consumers " +
			"back for as long.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.partition.verification.enable", Type: Boolean, Default: is("true"),
		Doc: "Whether the leader asks the coordinator, before it takes a transaction's first record, that the transaction is " +
			"really open.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.remove.expired.transaction.cleanup.interval.ms", Type: Int, Default: is("3600000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How often transactional ids that were unused for transactional.id.expiration.ms are looked for and forgotten.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.state.log.load.buffer.size", Type: Int, Default: is("5242880"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many bytes are read at a time when a transaction coordinator loads its state.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.state.log.min.isr", Type: Int, Default: is("2"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The min.insync.replicas of the transaction state topic.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.state.log.num.partitions", Type: Int, Default: is("50"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many partitions the transaction state topic is created with. The number can't change later.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.state.log.replication.factor", Type: Short, Default: is("3"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many replicas the transaction state topic is created with.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.state.log.segment.bytes", Type: Int, Default: is("104857600"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The segment size of the transaction state topic.",
		Effect: noTransactions,
	},
	{
		Name: "transaction.two.phase.commit.enable", Type: Boolean, Default: is("false"), ReadOnly: true,
		Doc: "Whether producers may leave the end of a transaction to an outside coordinator (two-phase commit), without a " +
			"timeout.",
		Effect: noTransactions,
	},
	{
		Name: "transactional.id.expiration.ms", Type: Int, Default: is("604800000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long a transactional id is remembered after its last transaction.",
		Effect: noTransactions,
	},
}
