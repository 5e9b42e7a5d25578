using System.Text.Json.Nodes;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>
/// The training loss of rounds, and the share of rows that were right, as points of a curve: at first one for each round, and of twice as many rounds
/// whenever there would be too many. Not thread-safe.
/// </summary>
/// <param name="capacity">The most points; even.</param>
internal sealed class LossCurve(int capacity = LossCurve.DefaultCapacity)
{
    /// <summary>As many as a screen has room for.</summary>
    public const int DefaultCapacity = 1000;

    private readonly List<Point> _points = [];
    private Point _open;
    private int _openRounds;
    private int _roundsPerPoint = 1;

    /// <summary>Points that are whole, and stay.</summary>
    public int Count => _points.Count;

    /// <summary>How often all points have become others.</summary>
    public int Generation { get; private set; }

    /// <summary>Adds a round.</summary>
    /// <param name="step">Its number in the run, from 1.</param>
    /// <param name="lossSum">Sum of the loss over its rows.</param>
    /// <param name="hits">Rows that were right; negative if that is not known.</param>
    /// <param name="rows">Its rows.</param>
    public void Add(int step, double lossSum, long hits, long rows)
    {
        _open = _open.With(new Point(step, lossSum, hits, rows));
        if (++_openRounds < _roundsPerPoint)
        {
            return;
        }

        _points.Add(_open);
        (_open, _openRounds) = (default, 0);
        if (_points.Count == capacity)
        {
            for (int i = 0; i < capacity / 2; i++)
            {
                _points[i] = _points[2 * i].With(_points[(2 * i) + 1]);
            }

            _points.RemoveRange(capacity / 2, capacity / 2);
            _roundsPerPoint *= 2;
            Generation++;
        }
    }

    /// <summary>The points from one on: step, mean loss, share of rows that were right. Rounds without rows have no point.</summary>
    public JsonArray ToJson(int from) => new([.. _points.Skip(from).Where(p => p.Rows > 0).Select(p => (JsonNode)new JsonArray(
        p.Step, Figures.Number(p.LossSum / p.Rows), p.Hits < 0 ? null : Figures.Number((double)p.Hits / p.Rows)))]);

    private readonly record struct Point(int Step, double LossSum, long Hits, long Rows)
    {
        public Point With(Point next) => new(
            next.Step, LossSum + next.LossSum, Hits < 0 || next.Hits < 0 ? -1 : Hits + next.Hits, Rows + next.Rows);
    }
}
