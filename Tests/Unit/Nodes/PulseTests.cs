using TraversalLearning.Nodes.Agents;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Unit.Nodes;

/// <summary>What counts as alive.</summary>
public sealed class PulseTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    public void A_loop_that_does_not_come_back_in_time_is_not_alive()
    {
        var pulse = new Pulse(_time);
        pulse.Expect(TimeSpan.FromMinutes(10));
        _time.Advance(TimeSpan.FromMinutes(10.5));
        Assert.That(pulse.IsBeating, Is.True, "a minute's grace");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(pulse.IsBeating, Is.False);
        pulse.Expect(TimeSpan.Zero);
        Assert.That(pulse.IsBeating, Is.True);
    }

    [Test]
    public async Task An_open_connection_is_alive_and_a_closed_one_only_as_long_as_a_computation_may_last()
    {
        var pulse = new Pulse(_time);
        await using var connection = new Connection(Stream.Null, "peer");
        pulse.Serve(connection);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.That(pulse.IsBeating, Is.True);
        connection.End("over");
        Assert.That(pulse.IsBeating, Is.True);
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.That(pulse.IsBeating, Is.True);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.That(pulse.IsBeating, Is.False);
    }
}
