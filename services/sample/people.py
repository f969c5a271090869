"""人员: the sales team."""

HEADER = ("姓名", "职位", "部门", "直属上级", "销售负责人", "代理人", "邮箱")

REPRESENTATIVES = ("王海涛", "李思敏", "张嘉怡", "赵文博", "钱雨桐", "吴浩然")

ROWS = (
    ("王海涛", "销售代表", "华南销售部", "刘佩珊", "刘佩珊", "李思敏", "wanghaitao@genjin.example"),
    ("李思敏", "销售代表", "华南销售部", "刘佩珊", "刘佩珊", "张嘉怡", "lisimin@genjin.example"),
    ("张嘉怡", "销售代表", "华南销售部", "刘佩珊", "刘佩珊", "王海涛", "zhangjiayi@genjin.example"),
    ("赵文博", "销售代表", "华东销售部", "孙立群", "孙立群", "钱雨桐", "zhaowenbo@genjin.example"),
    ("钱雨桐", "销售专员", "华东销售部", "孙立群", "孙立群", "吴浩然", "qianyutong@genjin.example"),
    ("吴浩然", "销售专员", "华东销售部", "孙立群", "孙立群", "赵文博", "wuhaoran@genjin.example"),
    ("刘佩珊", "销售经理", "华南销售部", "陈国栋", "", "孙立群", "liupeishan@genjin.example"),
    ("孙立群", "销售经理", "华东销售部", "陈国栋", "", "刘佩珊", "sunliqun@genjin.example"),
    ("陈国栋", "销售总监", "销售中心", "", "", "", "chenguodong@genjin.example"),
    ("郑晓岚", "技术支持", "技术部", "冯志远", "", "", "zhengxiaolan@genjin.example"),
    ("冯志远", "技术经理", "技术部", "", "", "", "fengzhiyuan@genjin.example"),
    ("何俊峰", "售后专员", "客户服务部", "", "", "", "hejunfeng#genjin.example"),  # a mistyped address
)
