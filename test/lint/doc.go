// Package lint holds the rules of the house as tests: which folder may import which, what a core must not touch, that
// every package says what it is for, how long a file and a function may be.
//
// It promises that a rule that ARCHITECTURE.md states and a program can check is checked. It must never be loosened to
// let a change pass: the change or the rule is wrong, and a rule is changed in a commit that says why.
//
// Place on a record's way: none; it keeps the way readable.
package lint
