"""The refusals of cleaning and keeping evidence."""

from bihuan.foundation.refusals import declare

declare(
    {
        "evidence.empty": (422, "这个文件是空的，没有保存。请重新拍照或重新选择文件。"),
        "evidence.too_large": (413, "这个文件有{size}MB，超过了{most}MB的上限，没有保存。请压缩后再传。"),
        "evidence.not_an_image": (
            415,
            "这个文件不是照片（内容与扩展名无关，以内容为准），没有保存。请上传 JPG、PNG 或 WebP 照片。",
        ),
        "evidence.heic": (
            415,
            "这是苹果手机的 HEIC 照片，暂不能保存。请在手机“设置 › 相机 › 格式”里选“兼容性最佳”重拍，或截图后上传截图。",
        ),
        "evidence.too_many_pixels": (
            422,
            "这张照片有{pixels}万像素，超过了{most}万像素的上限，没有保存。请用较小的尺寸重拍。",
        ),
        "evidence.animated": (415, "这是一张动图，不能作为证据，没有保存。请上传普通照片。"),
        "evidence.broken_image": (422, "这张照片没有传完整或已经损坏，没有保存。请重新上传，或重新拍一张。"),
        "evidence.not_a_pdf": (415, "这个文件不是 PDF，没有保存。资料请另存为 PDF 再上传，现场情况请直接拍照。"),
        "evidence.broken_pdf": (422, "这份 PDF 没有传完整或已经损坏，没有保存。请重新上传，或重新导出一份。"),
        "evidence.locked_pdf": (422, "这份 PDF 加了密码，无法检查其内容，没有保存。请去掉密码后再上传。"),
        "evidence.active_pdf": (
            415,
            "这份 PDF 里带有{what}，可能有害，没有保存。请用“打印 › 另存为 PDF”重新导出一份再上传。",
        ),
        "evidence.not_a_voice": (
            415,
            "这不是手机录的语音（只收 WebM、Ogg 或 M4A 录音，里面只能有声音），没有保存。请重新录一段。",
        ),
        "evidence.broken_voice": (422, "这段录音没有传完整或已经损坏，没有保存。请重新录一段。"),
        "evidence.voice_too_large": (
            422,
            "这段录音有{size}MB，超过了{most}MB的上限，没有保存。请录短一些（60 秒以内），或改用文字。",
        ),
        "evidence.voice_says_where": (
            415,
            "这段录音里写着录音的位置，没有保存。请在手机的“随手报”里直接录，或改用文字。",
        ),
        "evidence.no_voice_here": (422, "这里只收照片，语音不能代替照片。请拍一张照片再提交。"),
        "evidence.not_a_signature": (422, "没有收到手写签名，请在签名框里重新签一次。"),
        "evidence.blank_signature": (422, "签名框里还没有写字，请签上姓名再提交。"),
        "evidence.missing": (404, "这份证据的文件暂时读不到，记录还在。请告诉系统管理员运行 bihuan doctor 检查存储。"),
    }
)
