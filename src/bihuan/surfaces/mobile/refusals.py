"""The refusals of the phone's doors."""

from bihuan.foundation.refusals import declare

declare(
    {
        "mobile.not_json": (
            400,
            "手机发来的内容没有读懂，什么也没有执行。请更新页面后再试；没发出去的内容都还在手机里。",
        ),
        "mobile.too_large": (413, "一次发来的内容太多，什么也没有执行。手机会自动分批再发，不用重填。"),
        "mobile.bad_envelope": (422, "这一条的格式不对：{why}。它没有执行，其他各条照常。请打开这一条重新提交。"),
        "mobile.waits_for": (
            409,
            "这一条要等前一步先办成（前一步还没有到，或被退回）。它没有执行，内容还在，前一步办好会自动再发。",
        ),
        "mobile.broken": (503, "系统办理这一条时出了错，已经记录，其他各条照常。内容还在手机里，稍后会自动再发。"),
        "mobile.bad_photo_call": (422, "这张照片的上传方式不对：{why}。照片还在手机里，请更新页面后再试。"),
        "mobile.too_many_parts": (
            429,
            "你有太多没传完的照片（上限{most}MB），请等前面的传完再继续。照片都还在手机里。",
        ),
        "mobile.no_room": (503, "服务器存储快满了，暂时收不了照片。照片还在手机里，会自动再试；请告诉系统管理员。"),
    }
)
