"""Which words say nothing about what a question is about?"""

_ENGLISH = """
    a about above again all am an and another any anybody anyone anything are as at be because been before being but by
    can could did do does doing done for from get gets getting give go goes going got had has have having he hello her
    here hers hi him his how i if in into is it its just know let like look me might mine more most much must my need
    needs no not of off on one or other our ours out over please possible put s say shall she should so some somebody
    someone something still take tell than thank thanks that the their them then there these they thing things this
    those to too under until up us very want wants was way we well were what where whether which while who whom whose
    why will wish with would yes yet you your yours ve ll re d t m don isn doesn didn won wouldn couldn
"""
ENGLISH = frozenset(_ENGLISH.split())

_CHINESE = """
    请问 你好 您好 谢谢 麻烦 怎么办 怎么 怎样 如何 什么 为什么 哪些 哪个 哪里 哪儿 是不是
    能不能 可不可以 有没有 可以 能够 需要 想要 应该 会不会 要不要 我们 你们 他们 她们 咱们
    您们 自己 这个 那个 这里 那里 这样 那样 一个 一下 一些 已经 现在 就是 还是 但是 因为
    所以 如果 的话 时候 以后 之后 之前 里面 上面 比如 关于 对于 或者 以及 而且 然后 还有
    的 了 吗 呢 吧 啊 呀 嘛 哦 我 你 您 他 她 它 是 在 有 和 与 跟 及 或 也 都
    就 才 又 还 很 太 更 最 把 被 给 让 对 为 从 到 向 于 以 之 其 这 那 哪 谁
    个 些 么 着 过 得 地 要 想 会 能 可 请 来 去 里 上 下 啥 咋
"""
CHINESE = frozenset(_CHINESE.split())
CHINESE_LENGTH_MAX = max(map(len, CHINESE))

# Words of every conversation: they say little, although few entries of a small collection have them.
_LIGHT = """
    ago already always amount anyone ask available away back bad best better big bit bring call case check come course
    day days different early end enough ever every everything exactly example fact few find first full good great half
    happen happens help high hour hours important instead keep kind know last late later least less little live long lot
    low make many matter mean minute money month months moment morning name never new next nice night nothing now number
    often old once open own part people per person place please point problem question really right same say second see
    send short show side simple small soon sort start sure talk three time times today together tomorrow try turn two
    type use used usual usually wait week weeks weekend whole work write wrong year years yesterday monday tuesday
    wednesday thursday friday saturday sunday thing like best old far near big large
"""
_LIGHT_CHINESE = """
    今天 明天 昨天 后天 现在 最近 上周 下周 本周 星期 礼拜 周末 早上 上午 中午 下午 晚上
    凌晨 夜里 今年 明年 去年 个月 小时 分钟 一天 两天 三天 几天 第一 第二 最后 东西 事情
    问题 情况 地方 时间 知道 觉得 告诉 看看 打算 准备 开始 结束 一般 大概 大约 多少 几个
    一次 一起 有人 别人 大家 朋友 需要 不要 没有 不能 不是 不了 还能 一样 这种 那种 比较
    非常 特别 有点 处理 办法 方便 直接 继续 年级 自己 新的 旧的 好的 怎么 放在 到哪
"""
LIGHT = frozenset(_LIGHT.split()) | frozenset(_LIGHT_CHINESE.split())
