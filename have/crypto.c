/* libcrypto of OpenSSL 1.1 or later, or of LibreSSL. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

int
main(void)
{
	unsigned char key[32];

	if (PKCS5_PBKDF2_HMAC("a", 1, key, 1, 1, EVP_sha256(), 32,
	    key) != 1)
		return 1;
	return CRYPTO_memcmp(key, key, sizeof(key));
}
