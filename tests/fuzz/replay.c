/* SPDX-License-Identifier: BSD-2-Clause
 *
 * replay -- runs a fuzz target over the files and folders named: how `make check` uses a corpus.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static unsigned long
replay(const char *path)
{
	struct stat st;
	FILE *f;
	uint8_t *data;
	size_t n;

	if (stat(path, &st) != 0)
		return 0;
	if (S_ISDIR(st.st_mode)) {
		unsigned long count = 0;
		DIR *d = opendir(path);
		struct dirent *e;
		char inner[4096];

		while (d && (e = readdir(d))) {
			if (e->d_name[0] == '.')
				continue;
			snprintf(inner, sizeof(inner), "%s/%s", path, e->d_name);
			count += replay(inner);
		}
		if (d)
			closedir(d);
		return count;
	}
	f = fopen(path, "rb");
	data = malloc((size_t)st.st_size + 1);
	if (!f || !data)
		abort();
	n = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 1;
}

int
main(int argc, char **argv)
{
	unsigned long count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	printf("%lu inputs\n", count);
	return count ? 0 : 1;
}
