/* SPDX-License-Identifier: BSD-2-Clause
 *
 * eval -- `postern eval`: judges one transaction and prints its ladder, like `exim -bh`.
 */
#ifndef CMD_EVAL_H
#define CMD_EVAL_H

int eval_main(int argc, char **argv);

#endif
