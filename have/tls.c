/* libtls (LibreSSL's, or LibreTLS over OpenSSL) and the libssl it uses. */
#include <openssl/ssl.h>
#include <tls.h>

int
main(void)
{
	struct tls_config *cfg;

	if (tls_init() == -1 || (cfg = tls_config_new()) == NULL)
		return 1;
	tls_config_set_alpn(cfg, "imap");
	tls_config_add_ticket_key(cfg, 1, (unsigned char *)"", 0);
	tls_config_free(cfg);
	SSL_CTX_free(NULL);
	return 0;
}
