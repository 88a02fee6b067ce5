package group

import (
	"fmt"

	"github.com/seed-e634fa49/troupe/wal/record"
)

// Records of __consumer_offsets are Kafka's. A key begins with its version, an int16, which says what the record is about;
// the value begins with its own version. A record without a value says that what its key names is gone.
const (
	offsetKeyOld    = 0 // read only
	offsetKey       = 1
	classicKey      = 2
	consumerKey     = 3
	partitionsKey   = 4 // what is subscribed to, before Kafka 4.1: passed over
	memberKey       = 5
	targetKey       = 6
	targetMemberKey = 7
	currentKey      = 8
	regexKey        = 16 // what a pattern stood for: passed over, and found again
)

// keyOf begins a key: its version, and the group's id.
func keyOf(version int16, group string) writer {
	w := make(writer, 0, 2+2+len(group)+16)
	w.int16(version)
	w.string(group)
	return w
}

func tombstone(key writer) record.Record { return record.Record{Key: key} }

// unknownVersion says that a value is in a format that this version does not know.
func unknownVersion(what string, version int16) error {
	return fmt.Errorf("%s in version %d, which this node does not know", what, version)
}
