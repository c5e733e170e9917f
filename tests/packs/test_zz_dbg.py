from tests.packs.test_policies import *


@pytest.mark.django_db
def test_dbg(primary):
    primary.live(FIRST, "10:00")
    for t in (
        apps.get_model("duties", "Task").objects.select_related("duty", "org").exclude(duty__code__startswith="watch")
    ):
        print(t.duty.code, t.on, t.org.name, t.state, t.due_at)
    print(apps.get_model("duties", "Duty").objects.values_list("code", "starts_on", "scope"))
    assert 0
