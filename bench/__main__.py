"""
`python -m bench`: measure the service, print what was found, and keep it in bench/latest.json.

With --quick the same in a minute and a half, from fewer and shorter rounds: good enough to see a mistake, not to quote.
"""

import argparse
import sys
import time

from bench import report
from bench.findings import LATEST, Findings
from bench.load import Generator
from bench.measure import QUICK, THOROUGH, Bench
from bench.serving import cores
from deploy import memory


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure how fast the service is.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    quick = parser.parse_args().quick
    # The parts are measured here, with the memory settings that the servers have.
    memory.settle()
    began = time.monotonic()

    def say(step: str) -> None:
        sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {step}\n")

    findings = Findings(quick, cores())
    with Generator(findings.cores[1]) as generator:
        Bench(QUICK if quick else THOROUGH, findings, generator, say).everything()
    findings.keep()
    for line in report.tables(findings):
        print(line)
    print(f"\nAll of it is in {LATEST}; it took {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
