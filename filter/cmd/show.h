/* SPDX-License-Identifier: BSD-2-Clause
 *
 * show -- `postern show`: every setting as it is in effect, and where it was set.
 */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

int show_main(int argc, char **argv);

#endif
