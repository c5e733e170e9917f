from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("foundation", "0003_paper_life"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="seconds",
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
