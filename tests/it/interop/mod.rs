//! Independent clients, as their users would write them, against the server over a socket.

mod openidconnect_crate;
