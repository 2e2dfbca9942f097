/* libsodium with Argon2id. */
#include <sodium.h>

int
main(void)
{
	if (sodium_init() == -1)
		return 1;
	return crypto_pwhash_str_verify("$argon2id$", "a", 1) == 0;
}
