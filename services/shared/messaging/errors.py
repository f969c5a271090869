"""Why the broker cannot be used, and why it must not be used as it is."""

from services.shared.errors import RefusedError, TransientError


class BrokerAwayError(TransientError):
    """The message broker cannot be used at the moment: {reason}."""

    slug = "broker-away"
    zh = "消息代理暂时不可用:{reason}。"
    reason: str


class UnsafeTopologyError(RefusedError):
    """{name}: {argument} is {found}, not {expected}; delete it once empty, then run `genjin topology`."""

    slug = "unsafe-topology"
    zh = "{name}:{argument} 是 {found},应为 {expected};请在其清空后删除,再运行 genjin topology。"
    name: str
    argument: str
    found: str
    expected: str


class WrongQueueTypeError(UnsafeTopologyError):
    """Queue {name} is {found}, not {expected}: delete it once it is empty, then run `genjin topology`."""

    slug = "wrong-queue-type"
    zh = "队列 {name} 的类型是 {found},应为 {expected}:请在其清空后删除,再运行 genjin topology。"


class WrongDeadLetteringError(UnsafeTopologyError):
    """Queue {name} loses dead messages, {argument} is {found}, not {expected}: delete and re-declare it.

    With `genjin topology`, once it is empty.
    """

    slug = "wrong-dead-lettering"
    zh = "队列 {name} 会丢失死信,{argument} 是 {found},应为 {expected}:清空后删除,再运行 genjin topology。"


class WrongDeliveryLimitError(UnsafeTopologyError):
    """Queue {name} delivers {found} times, not {expected}: delete it once empty, run `genjin topology`."""

    slug = "wrong-delivery-limit"
    zh = "队列 {name} 的投递次数上限是 {found},应为 {expected}:请在其清空后删除,再运行 genjin topology。"


class WrongAlternateExchangeError(UnsafeTopologyError):
    """Exchange {name} loses what nobody hears, {argument} is {found}, not {expected}: delete, re-declare it.

    With `genjin topology`.
    """

    slug = "wrong-alternate-exchange"
    zh = "交换机 {name} 会丢失消息,{argument} 是 {found},应为 {expected}:请删除,再运行 genjin topology。"


class NotDurableError(UnsafeTopologyError):
    """{name} does not outlive a restart of the broker: delete it, then run `genjin topology`."""

    slug = "not-durable"
    zh = "{name} 在消息代理重启后不复存在:请删除它,再运行 genjin topology。"


class MissingOnBrokerError(RefusedError):
    """The broker has no {name}: run `genjin topology` with a user that may configure it."""

    slug = "missing-on-broker"
    zh = "消息代理上没有 {name}:请用有配置权限的用户运行 genjin topology。"
    name: str


class UndeclaredTopologyError(RefusedError):
    """Queue {queue} was not declared as this version needs it (no {name}): run `genjin topology`."""

    slug = "undeclared-topology"
    zh = "队列 {queue} 未按此版本的要求声明(没有 {name}):请运行 genjin topology。"
    queue: str
    name: str


class NotPermittedError(RefusedError):
    """The broker's user has no right to {name} ({reason}); with GENJIN_DECLARE=false reading is enough."""

    slug = "not-permitted-on-broker"
    zh = "消息代理的用户无权使用 {name}({reason});设置 GENJIN_DECLARE=false 后只需读取权限。"
    name: str
    reason: str


class SharedConnectionError(RefusedError):
    """{name} would publish and consume over one connection, which freezes both: use a Publisher beside it."""

    slug = "shared-connection"
    zh = "{name} 要在同一个连接上发布和接收,消息代理资源不足时两者都会停止:请另用一个 Publisher。"
    name: str
