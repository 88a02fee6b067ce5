package bus

import "github.com/nats-io/nats-server/v2/server"

// The accounts keep the bus and its clients apart: a subject of one is not a subject of the other.
const (
	busAccount     = "BUS"
	clientsAccount = "CLIENTS"
)

// door decides who a connection is. The node's own comes through net.Pipe, which nothing outside the process can reach, so it
// needs no password.
type door struct {
	accounts func(name string) (*server.Account, error)
}

var _ server.Authentication = (*door)(nil)

// Check lets a connection into its account.
func (d *door) Check(c server.ClientAuthentication) bool {
	name, permissions := clientsAccount, nothing()
	if c.RemoteAddress().Network() == "pipe" {
		name, permissions = busAccount, nil
	}
	account, err := d.accounts(name)
	if err != nil {
		return false
	}
	c.RegisterUser(&server.User{Account: account, Permissions: permissions})
	return true
}

// nothing permits neither to publish nor to subscribe: a client may connect and ping.
func nothing() *server.Permissions {
	all := []string{">"}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Deny: all},
		Subscribe: &server.SubjectPermission{Deny: all},
	}
}
