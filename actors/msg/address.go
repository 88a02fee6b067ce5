package msg

import "strings"

// ControllerName is the name of each node's controller actor.
const ControllerName = "controller"

// PartitionName is the name of the actor of a partition's replica, the same on each node that hosts one.
func PartitionName(tp TopicPartition) string { return partitionPrefix + tp.String() }

// NamesPartition reports whether an actor's name is that of a partition's replica.
func NamesPartition(name string) bool { return strings.HasPrefix(name, partitionPrefix) }

const partitionPrefix = "partition/"

// Locate gives the address of an actor by its name, anywhere in the cluster. Nobody there is known only when a message is
// posted: it is not taken (ErrStopped).
type Locate func(node NodeID, name string) Target
