package configs

import (
	"slices"
	"strings"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// listenerPrefix begins the configs of one listener: listener.name.NAME.KEY, or listener.name.NAME.MECHANISM.KEY for those
// of one SASL mechanism (KIP-103, KIP-255).
const listenerPrefix = "listener.name."

// listenerKeys can be set for one listener, beside the per-node ones about TLS, SASL and principals.
var listenerKeys = []string{
	"connections.max.reauth.ms", "max.connection.creation.rate", "max.connections", "num.network.threads",
	"sasl.server.max.receive.size", "ssl.principal.mapping.rules",
}

// mechanismKeys can be set for one SASL mechanism of a listener.
var mechanismKeys = []string{
	"connections.max.reauth.ms", "sasl.jaas.config", "sasl.login.callback.handler.class", "sasl.login.class",
	"sasl.server.callback.handler.class",
}

const sameOnAllListeners = "Accepted; has no effect here: what is set for the node holds for all of its listeners."

// listenerKey is the key of a config of one listener. It takes type, default and rules from the config of all listeners.
func listenerKey(name string) (*Key, bool) {
	rest, ok := strings.CutPrefix(name, listenerPrefix)
	if !ok {
		return nil, false
	}
	listener, base, _ := strings.Cut(rest, ".")
	mechanism, mechanismBase, _ := strings.Cut(base, ".")
	if listener == "" {
		return nil, false
	}
	if k, ok := byName[msg.BrokerResource][base]; ok && ofListener(k) {
		return k.forListener(name), true
	}
	if mechanism != "" && slices.Contains(mechanismKeys, mechanismBase) {
		return byName[msg.BrokerResource][mechanismBase].forListener(name), true
	}
	return nil, false
}

// ofListener reports whether a config can be set for one listener.
func ofListener(k *Key) bool {
	if slices.Contains(listenerKeys, k.Name) {
		return true
	}
	about := strings.HasPrefix(k.Name, "ssl.") || strings.HasPrefix(k.Name, "sasl.") || strings.HasPrefix(k.Name, "principal.")
	return k.PerNode && about
}

// forListener is the key under a listener's name. Kafka calls all of them read-only.
func (k *Key) forListener(name string) *Key {
	one := *k
	one.Name, one.base, one.Default = name, k.Name, nil
	one.ReadOnly, one.PerNode = true, true
	one.Effect = sameOnAllListeners
	return &one
}

// listenersIn are the configs of single listeners that the layers set, sorted by name.
func listenersIn(places []place) []*Key {
	var keys []*Key
	seen := map[string]bool{}
	for _, p := range places {
		for name := range p.values {
			k, ok := listenerKey(name)
			if ok && !seen[name] {
				seen[name] = true
				keys = append(keys, k)
			}
		}
	}
	return sorted(keys)
}
