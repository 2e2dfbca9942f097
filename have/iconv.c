/* iconv(3). */
#include <iconv.h>

int
main(void)
{
	return iconv_open("UTF-8", "ISO-8859-1") == (iconv_t)-1;
}
