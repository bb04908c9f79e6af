from guildhall.cli import main

main(prog_name="guildhall")
