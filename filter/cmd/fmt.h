/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fmt -- `postern fmt`: rule files in the house layout (policy/format.h).
 */
#ifndef CMD_FMT_H
#define CMD_FMT_H

int fmt_main(int argc, char **argv);

#endif
