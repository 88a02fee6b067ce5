// Package metadata is the cluster's image: nodes, topics, partitions, replicas, configs, as a pure state machine over the
// records of __cluster_metadata-0, and the records themselves.
//
// It promises that applying is deterministic and that an Image never changes once made. It must never do I/O, know the
// time, or decide anything: the controller decides, and writes what it decided as records.
//
// Reading order: record.go lists every kind of record, who writes it and what it changes; codec.go draws how one lies in
// the log; draft.go turns an image and records into the next image; image.go is what everybody reads.
//
// Place on a record's way: sessions look up here which partition a topic name means, what its configuration is and where it
// lives.
package metadata
