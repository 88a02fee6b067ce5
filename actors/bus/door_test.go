package bus

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

// A client may connect and ping. It neither hears the bus nor speaks on it, whoever it says it is.
func TestAClientMayPing(t *testing.T) {
	o := node(1)
	o.Clients = "127.0.0.1:0"
	b := start(t, o)
	box := listen(t, b, "troupe.x")
	for _, login := range []nats.Option{nats.Name("anybody"), nats.UserInfo(routesUser, o.Secret), nats.UserInfo(busAccount, "")} {
		refused := make(chan error, 2)
		conn, err := nats.Connect(b.ClientsAddress(), login, nats.NoReconnect(),
			nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Subscribe("troupe.>", func(m *nats.Msg) { t.Errorf("a client hears %s", m.Subject) }); err != nil {
			t.Fatal(err)
		}
		if err := conn.Publish("troupe.x", []byte("from outside")); err != nil {
			t.Fatal(err)
		}
		if err := conn.FlushTimeout(patience); err != nil {
			t.Errorf("the ping failed: %v", err)
		}
		for range 2 {
			if err := <-refused; !strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
				t.Errorf("refused with %v", err)
			}
		}
	}
	publish(t, b, "troupe.x", "from inside")
	if got := box.next(t); got != "troupe.x from inside" {
		t.Errorf("heard %q", got)
	}
}
