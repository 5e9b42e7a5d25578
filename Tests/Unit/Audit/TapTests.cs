using TraversalLearning.Orchestration.Audit;

namespace TraversalLearning.Tests.Unit.Audit;

public sealed class TapTests
{
    [Test]
    public async Task Every_byte_is_shown_in_order_and_the_end_once()
    {
        var received = new List<byte[]>();
        var sent = new List<byte[]>();
        var inner = new MemoryStream([1, 2, 3], writable: true);
        var tapped = new TappedStream(inner, Into(received), Into(sent));
        byte[] buffer = new byte[2];
        Assert.That((await tapped.ReadAsync(buffer), await tapped.ReadAsync(buffer), await tapped.ReadAsync(buffer)), Is.EqualTo((2, 1, 0)));
        inner.Position = 0;
        await tapped.WriteAsync(new byte[] { 7, 8 });
        await tapped.DisposeAsync();
        await tapped.DisposeAsync();
        Assert.That(received, Is.EqualTo((byte[][])[[1, 2], [3], []]));
        Assert.That(sent, Is.EqualTo((byte[][])[[7, 8], []]));

        static TappedStream.Observer Into(List<byte[]> list) => bytes =>
        {
            list.Add(bytes.ToArray());
            return default;
        };
    }

    [Test]
    public void Application_data_is_taken_out_of_records_wherever_the_bytes_are_cut([Range(1, 12)] int cut)
    {
        byte[] stream = [22, 3, 3, 0, 2, 90, 91, 23, 3, 3, 0, 3, 1, 2, 3, 23, 3, 3, 0, 0, 23, 3, 3, 0, 2, 4, 5];
        var payload = new TlsPayload(limit: 4);
        foreach (byte[] piece in stream.Chunk(cut))
        {
            payload.Add(piece);
        }

        Assert.That(payload.Bytes, Is.EqualTo((byte[])[1, 2, 3, 4]));
    }
}
