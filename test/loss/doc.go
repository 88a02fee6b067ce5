// Package loss pulls the plug: it kills a real broker in the middle of its producers' work, optionally takes from its files what
// was not synced, starts it again, and looks for every record that was acknowledged.
//
// It promises that what it counts as durable was really synced: the broker under test runs on a Disk that writes each sync
// that returned to a ledger, and whatever is not in the ledger may be cut, zeroed or kept in part. It must never damage what
// a disk would have kept.
//
// Place on a record's way: between the disk and the next start.
package loss
