from guildhall.app import create_app, settle

app = create_app()
settle()
