"""Which words mean the same to the customers of any company? A small list per language; each company adds its own."""

SAME_IN_ENGLISH = """
price, cost, fee, charge, rate, how much, expense, tariff, pricing
pay, payment, settle, transfer money
bill, invoice, receipt, statement
refund, money back, get back, give back, return, reimburse
expensive, dear, pricey, costly
cheap, discount, rebate, reduction, bonus, reward, perk
cancel, terminate, end, quit, stop, get out of, withdraw, call off, break off, back out
begin, start, first step, get started, commence
renew, extend, prolong, stay longer, keep on
change, alter, modify, update, amend, switch
broken, out of order, not working, does not work, failed, defect, faulty, dead, stopped working, gone wrong
repair, fix, mend, put right, maintenance
technician, plumber, electrician, engineer, handyman, repairman
help, assist, support
complain, complaint, unhappy, dissatisfied, not satisfied, disappointed, annoyed
employee, staff, worker, colleague, personnel
document, paper, paperwork, certificate, form
contract, agreement, signed paper
sign, signature
buy, purchase, acquire
sell, sale, put on the market, get rid of
appointment, schedule, book, arrange, make a date
reserve, hold, set aside, keep for
telephone, phone, mobile, call
e-mail, email, mail address
address, location, where are you, find you, directions
open, opening hours, hours, business hours, what time
when, date, which day, what time, how soon
how long, duration, take, time until, how many weeks
quick, fast, soon, rapidly, speed
late, overdue, behind, delay, past due, miss
permission, permit, allowed, may i, approval, authorisation, consent
insurance, cover, policy, insured
guarantee, warranty
lost, misplaced, cannot find, missing, gone
password, login, log in, sign in, access, credentials
register, registration, sign up, enrol
unsubscribe, opt out, no more messages, stop writing
advertising, marketing, promotion, newsletter
personal data, privacy, private information, data protection
delete, erase, remove
job, work, position, career, vacancy, hire, hiring, employment
recommend, refer, bring a friend, introduce
company, business, firm, corporate, corporation
person, human, somebody, agent, representative, real person
language, speak, talk
loud, noise, noisy, racket, din
clean, tidy, cleaning, wash
car, vehicle, automobile, auto
bicycle, bike, cycle
package, parcel, delivery, shipment
internet, broadband, wi-fi, wifi, online, connection
rubbish, waste, garbage, trash, refuse
foreigner, abroad, overseas, expat, foreign, international
early, earlier, before the term, ahead of time, prematurely
emergency, urgent, danger
evening, night, after work, late in the day
weekend, saturday, sunday
gym, fitness, workout, exercise
video, camera, remote, remotely, virtual
photograph, photo, picture, image
tax, duty, levy
increase, raise, put up, go up, higher, rise
""".strip()

SAME_IN_CHINESE = """
价格, 价钱, 费用, 多少钱, 收费, 费率, 花费, 开销
付款, 支付, 缴费, 交钱, 付钱, 缴纳, 给钱
账单, 发票, 收据, 票据
退款, 退钱, 退还, 返还, 拿回来, 还给我
贵, 太贵, 昂贵
便宜, 优惠, 折扣, 打折, 奖励, 好处
取消, 终止, 解除, 解约, 不要了, 反悔, 不想要
开始, 第一步, 从哪开始, 着手, 起步
续, 续约, 延长, 延期, 继续
更改, 修改, 变更, 换, 改, 更新, 更换
坏了, 故障, 失灵, 出问题, 不工作, 不能用, 用不了, 没反应, 出毛病
维修, 修理, 报修, 修, 检修
师傅, 技工, 维修工, 工人
帮忙, 帮助, 协助, 代办
投诉, 不满, 不满意, 差评, 意见, 生气
员工, 职员, 工作人员, 同事
证件, 材料, 文件, 资料, 手续
合同, 协议, 合约, 契约
签, 签字, 签约, 签署
买, 购买, 购置, 入手
卖, 出售, 转让, 出手, 卖掉
预约, 约, 安排, 约时间, 预定
预留, 保留, 留着, 留
电话, 手机号, 手机, 号码, 联系方式
邮箱, 邮件, 电子邮件
地址, 位置, 在哪里, 怎么走, 怎么去
营业时间, 上班, 几点开门, 开门, 几点
什么时候, 何时, 哪天, 日期, 几号, 啥时候
多久, 多长时间, 几天, 要几天, 几个月
快, 尽快, 马上, 立刻
晚, 逾期, 迟, 拖欠, 晚交, 过期
许可, 允许, 可以, 批准, 同意, 行不行
保险, 保障, 理赔
保修, 质保, 售后
丢了, 遗失, 找不到, 不见了, 弄丢
密码, 登录, 登陆, 账号
登记, 注册, 备案
退订, 不再收到, 别再发, 取消订阅
广告, 推销, 营销, 骚扰
个人信息, 隐私, 个人资料
删除, 清除, 抹掉
招聘, 招人, 工作机会, 应聘, 求职, 岗位, 职位
推荐, 介绍, 引荐
公司, 企业, 单位
人工, 真人, 客服, 专员
语言, 说, 讲, 沟通
吵, 噪音, 噪声, 吵闹, 太响
打扫, 清洁, 保洁, 清洗
汽车, 车, 车子, 小车
自行车, 单车, 脚踏车
快递, 包裹, 邮包
网络, 宽带, 上网, 无线网, 网
垃圾, 废物, 废弃物
外国人, 境外, 海外, 外籍, 老外, 国外
提前, 没到期, 提早, 中途
紧急, 急, 危险
晚上, 夜里, 半夜, 夜间, 下班以后
周末, 星期六, 星期天, 礼拜天, 休息日
健身房, 锻炼, 运动
视频, 镜头, 远程, 线上
照片, 图片, 拍照, 相片
税, 税费, 税金
涨, 上涨, 提高, 涨价, 加价
""".strip()


def _groups(lines: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(word.strip() for word in line.split(",")) for line in lines.splitlines())


SHIPPED = {"en": _groups(SAME_IN_ENGLISH), "zh-CN": _groups(SAME_IN_CHINESE)}
