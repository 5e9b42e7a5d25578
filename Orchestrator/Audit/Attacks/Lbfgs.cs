using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>
/// L-BFGS (Nocedal and Wright, algorithm 7.5) with backtracking. TorchSharp's has no line search, and an exception in its
/// closure ends the process.
/// </summary>
/// <param name="iterations">The most steps.</param>
/// <param name="budget">The longest time.</param>
internal sealed class Lbfgs(int iterations, TimeSpan budget)
{
    private const int Memory = 20;
    private const int Halvings = 12;
    private const double SufficientDecrease = 1e-4;

    /// <summary>The value and the gradient at a point; both in the current dispose scope.</summary>
    internal delegate (double Value, Tensor Gradient) Objective(Tensor point);

    /// <summary>Searches for a minimum.</summary>
    /// <param name="start"><c>[n]</c>.</param>
    /// <param name="objective">What is minimised.</param>
    /// <returns>The best point, in the current dispose scope.</returns>
    public Tensor Minimise(Tensor start, Objective objective)
    {
        long begun = Stopwatch.GetTimestamp();
        var history = new Queue<(Tensor Moved, Tensor Turned, double Curvature)>();
        Tensor point = start.clone();
        (double value, Tensor gradient) = objective(point);
        for (int i = 0; i < iterations && Stopwatch.GetElapsedTime(begun) < budget; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            if (Step(objective, point, value, gradient, Direction(gradient, [.. history])) is not { } next)
            {
                if (history.Count == 0)
                {
                    break;
                }

                // The history misleads; begin again with steepest descent.
                Forget(history, keep: 0);
                continue;
            }

            Tensor moved = next.Point - point, turned = next.Gradient - gradient;
            double curvature = moved.dot(turned).ToDouble();
            if (curvature > double.Epsilon)
            {
                history.Enqueue((moved.MoveToOuterDisposeScope(), turned.MoveToOuterDisposeScope(), curvature));
                Forget(history, Memory);
            }

            point.Dispose();
            gradient.Dispose();
            (point, value, gradient) = (next.Point.MoveToOuterDisposeScope(), next.Value, next.Gradient.MoveToOuterDisposeScope());
        }

        return point;
    }

    private static void Forget(Queue<(Tensor Moved, Tensor Turned, double Curvature)> history, int keep)
    {
        while (history.Count > keep)
        {
            (Tensor moved, Tensor turned, _) = history.Dequeue();
            moved.Dispose();
            turned.Dispose();
        }
    }

    /// <summary>The first of ever shorter steps that descends; <see langword="null"/> if none does.</summary>
    private static (Tensor Point, double Value, Tensor Gradient)? Step(Objective objective, Tensor point, double value, Tensor gradient, Tensor direction)
    {
        double slope = direction.dot(gradient).ToDouble();
        double length = 1;
        for (int i = 0; i < Halvings && slope < 0; i++)
        {
            Tensor next = point + (direction * length);
            (double reached, Tensor turned) = objective(next);
            if (reached <= value + (SufficientDecrease * length * slope))
            {
                return (next, reached, turned);
            }

            length /= 2;
        }

        return null;
    }

    /// <summary>The two-loop recursion; without a history, steepest descent by a step of length 1.</summary>
    private static Tensor Direction(Tensor gradient, (Tensor Moved, Tensor Turned, double Curvature)[] history)
    {
        if (history.Length == 0)
        {
            return gradient.neg().div(gradient.norm().clamp_min(1e-300));
        }

        Tensor direction = gradient.neg();
        double[] weights = new double[history.Length];
        for (int i = history.Length - 1; i >= 0; i--)
        {
            weights[i] = history[i].Moved.dot(direction).ToDouble() / history[i].Curvature;
            direction = direction.sub(history[i].Turned * weights[i]);
        }

        (Tensor _, Tensor turned, double curvature) = history[^1];
        direction = direction.mul(curvature / turned.dot(turned).ToDouble());
        for (int i = 0; i < history.Length; i++)
        {
            double weight = history[i].Turned.dot(direction).ToDouble() / history[i].Curvature;
            direction = direction.add(history[i].Moved * (weights[i] - weight));
        }

        return direction;
    }
}
