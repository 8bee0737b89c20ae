/**
 * What people say of alarms, turned into how many more there may be: the share of the budget for a series, or for one kind of its alarms
 * (`Detector.setShare`).
 *
 * Two things are learnt. The rate of noise against the promised one, Poisson with a gamma prior of mean 1: r = (K + noise) / (K + promised), where
 * `promised` is how many false alarms the budget allowed while these alarms came, and at most as many as were judged: of what nobody looked at nothing
 * is known, so that noise never loosens. The share of useful alarms, binomial with a beta prior of mean
 * 1/2: u = (K/2 + useful) / (K + useful + noise + expected / 2). The share of the budget is 2 u / r, kept within `least` and `most`: 1 without feedback; less where there is
 * more noise than promised or little is useful; more where alarms are useful and there is less noise than promised. An alarm that was
 * expected was right but not needed: it says nothing of the rate of noise, and half as much as noise against being useful.
 */
export interface Feedback {
  readonly useful: number;
  readonly noise: number;
  /** Alarms of what people knew of: better marked as a known event. */
  readonly expected: number;
  /** False alarms that the budget, times the shares that were in force, allowed meanwhile. */
  readonly promised: number;
}

export const noFeedback: Feedback = { useful: 0, noise: 0, expected: 0, promised: 0 };

/** K: feedback weighs as much as what was assumed before once there is so much of it. */
const PRIOR = 4;
const LEAST = 1 / 20;
const MOST = 4;

/** The share of the budget, in [1/20, 4]. O(1). */
export function budgetShare({ useful, noise, expected, promised }: Feedback): number {
  const rate = (PRIOR + noise) / (PRIOR + Math.min(promised, useful + noise));
  const usefulShare = (PRIOR / 2 + useful) / (PRIOR + useful + noise + expected / 2);
  return Math.max(LEAST, Math.min(MOST, (2 * usefulShare) / rate));
}

/** Feedback on what is related counts by this share, */
const RELATED = 1 / 4;
/** and never more than so much of it. */
const MOST_RELATED = PRIOR / 2;

/**
 * What was said of one kind of alarms, joined by what was said of related ones, which weighs little and the less the more is known of the kind itself. It
 * is no evidence of the rate of noise: by itself it moves the share of the budget between 2/3 and 2.
 */
export function pooledFeedback(own: Feedback, related: Feedback): Feedback {
  const count = ({ useful, noise, expected }: Feedback): number => useful + noise + expected;
  const [all, others] = [count(own), count(related)];
  const weight = others === 0 ? 0 : (Math.min(RELATED, MOST_RELATED / others) * PRIOR) / (PRIOR + all);
  return {
    useful: own.useful + related.useful * weight,
    noise: own.noise + related.noise * weight,
    expected: own.expected + related.expected * weight,
    promised: own.promised + (related.useful + related.noise) * weight,
  };
}

/** The same counts after a time in which half of what people said has grown old so many times. */
export function fadeFeedback(feedback: Feedback, halfLives: number): Feedback {
  const left = 2 ** -halfLives;
  return {
    useful: feedback.useful * left,
    noise: feedback.noise * left,
    expected: feedback.expected * left,
    promised: feedback.promised * left,
  };
}
