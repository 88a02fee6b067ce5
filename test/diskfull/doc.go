// Package diskfull fills a real, small file system under a real broker.
//
// It promises that a full disk refuses producers with KAFKA_STORAGE_ERROR and nothing else: reads, metadata and deletion go
// on, and producers get in again when there is room. It must never fill anybody else's disk: without the rights to mount a
// file system of its own it skips, and fails where TROUPE_REQUIRE_TOOLS is set.
//
// Place on a record's way: at the disk.
package diskfull
