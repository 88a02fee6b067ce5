// Package http is the operators' door: metrics, health and readiness, the administration of nodes, and profiles where they are
// asked for.
//
// It promises that /healthz answers as long as the process lives, that /readyz says why a node does not serve, and that a
// slow or hostile client costs it a bounded amount. It must never change anything but through the controller, answer no other
// machine about administration unless the node was told to, and never open a profile that nobody asked for.
//
// Place on a record's way: none; it tells what passes.
package http
