// Package admin brings admin requests from every door to the controller that decides them.
//
// Any node takes them from its clients, and passes them on to the controller of the node that leads the metadata log. It
// promises that a request is sent again only where nothing can have happened, that it is answered once and in time, and that
// a change that was made is in this node's image when the answer is given, within a bound. It must never decide anything
// itself, and never block the one who asks.
//
// Place on a record's way: none. Topics are made through it.
package admin
