using TraversalLearning.Nodes.Agents;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Nodes;

/// <summary>When a hub's turn comes again.</summary>
public sealed class HubTurnTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    public void A_refusal_is_new_once_and_its_turn_comes_ever_later_up_to_ten_minutes()
    {
        HubTurn turn = NewTurn();
        Assert.That(turn.Remaining, Is.EqualTo(TimeSpan.Zero));
        Assert.That(turn.Refuse("not yours"), Is.True);
        Assert.That(turn.Remaining, Is.EqualTo(TimeSpan.FromSeconds(30)));
        Assert.That(Enumerable.Range(0, 6).Select(_ => (turn.Refuse("not yours"), turn.Remaining.TotalSeconds)), Is.EqualTo(
            new[] { (false, 60.0), (false, 120), (false, 240), (false, 480), (false, 600), (false, 600) }));
        Assert.That(turn.Refuse("something else"), Is.True);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.That(turn.Remaining, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void A_hub_without_a_run_is_tried_again_within_ten_seconds()
    {
        HubTurn turn = NewTurn();
        Assert.That(turn.Wait("refused", runEnded: false), Is.True, "the first time");
        for (int i = 0; i < 50; i++)
        {
            Assert.That(turn.Wait("refused", runEnded: false), Is.False);
            Assert.That(turn.Remaining, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(10)));
        }

        Assert.That(turn.Remaining, Is.GreaterThan(TimeSpan.FromSeconds(4)));
    }

    [Test]
    public void A_change_of_state_says_since_when()
    {
        HubTurn turn = NewTurn();
        turn.Wait("refused", runEnded: false);
        _time.Advance(TimeSpan.FromHours(1));
        turn.Wait("refused", runEnded: false);
        Assert.That(turn.Status.Since, Is.EqualTo(DateTimeOffset.UnixEpoch));
        turn.Refuse("not yours");
        Assert.That(turn.Status.Since, Is.EqualTo(DateTimeOffset.UnixEpoch.AddHours(1)));
    }

    private HubTurn NewTurn() => new(new Hub("hub", 1, o => o), _time);
}
