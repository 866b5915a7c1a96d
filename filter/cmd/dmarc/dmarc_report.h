/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_report -- `postern dmarc-report`: aggregate reports (RFC 9990) of past days, to those who ask.
 */
#ifndef CMD_DMARC_REPORT_H
#define CMD_DMARC_REPORT_H

int dmarc_report_main(int argc, char **argv);

#endif
