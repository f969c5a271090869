"""The broker that tests run on keeps its promises through a kill, and is nobody else's."""

from aio_pika import DeliveryMode, Message, connect

from tests.rabbitmq import PrivateNode


async def test_a_durable_message_survives_a_kill(private_rabbitmq: PrivateNode) -> None:
    async with await connect(private_rabbitmq.url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.declare_queue("kept", durable=True)
        message = Message(b"7", delivery_mode=DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key="kept")
    private_rabbitmq.restart()
    async with await connect(private_rabbitmq.url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("kept")
        received = await queue.get(timeout=30)
        assert received is not None
        assert received.body == b"7"
        await received.ack()
        await queue.delete()
