// Command troupe is the broker and its command line: it serves a node, makes and describes topics, produces and consumes
// from the shell, and shows what is in a log's files.
//
// It promises the same names for every setting as flag, environment variable and key of the file, errors that say what to
// do, and one line on standard output when a node serves; everything else that a node says goes to standard error. It
// must never hold what a node is made of: package node does.
//
// Place on a record's way: both ends of it, for a user at a shell.
package main
